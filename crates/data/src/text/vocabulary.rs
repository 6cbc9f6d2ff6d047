//! Words and their ids.

use super::tokenize;
use crate::DataError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// The words a text encoder knows. Ids 0 to 3 are `<pad>`, `<start>`, `<end>`, `<unk>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    words: Vec<String>,
    ids: HashMap<String, i32>,
    min_count: usize,
}

/// The file: words in the order of their ids.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    format: String,
    min_count: usize,
    words: Vec<String>,
}

const FORMAT: &str = "halation-vocabulary-1";

impl Vocabulary {
    /// The id of `<pad>`, past the end of a caption.
    pub const PAD: i32 = 0;
    /// The id of `<start>`, before the first word.
    pub const START: i32 = 1;
    /// The id of `<end>`, after the last word.
    pub const END: i32 = 2;
    /// The id of `<unk>`, a word that is not in the vocabulary.
    pub const UNKNOWN: i32 = 3;
    /// The special words, by id.
    pub const SPECIAL: [&str; 4] = ["<pad>", "<start>", "<end>", "<unk>"];

    /// The words that occur at least `min_count` times in `captions`, most frequent first, ties in code point order.
    ///
    /// Give it the captions of the *training* split alone; the published COCO vocabulary was built from all splits,
    /// the test captions included. PCME keeps words with a count of at least 4.
    pub fn from_captions<'a>(captions: impl IntoIterator<Item = &'a str>, min_count: usize) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for caption in captions {
            for word in tokenize(caption) {
                *counts.entry(word).or_insert(0) += 1;
            }
        }
        let mut kept: Vec<(String, usize)> = counts
            .into_iter()
            .filter(|(word, count)| *count >= min_count && !Self::SPECIAL.contains(&word.as_str()))
            .collect();
        kept.sort_by_key(|(_, count)| std::cmp::Reverse(*count)); // stable: ties stay in code point order
        let special = Self::SPECIAL.into_iter().map(str::to_owned);
        Self::from_words(special.chain(kept.into_iter().map(|(word, _)| word)).collect(), min_count)
    }

    fn from_words(words: Vec<String>, min_count: usize) -> Self {
        let ids = words.iter().enumerate().map(|(id, word)| (word.clone(), id as i32)).collect();
        Self { words, ids, min_count }
    }

    /// The number of ids, V, the four special ones included.
    #[allow(clippy::len_without_is_empty)] // never empty: the special words are always there
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// The words by id.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The id of `word`, [`UNKNOWN`](Self::UNKNOWN) if it is not there.
    pub fn id(&self, word: &str) -> i32 {
        self.ids.get(word).copied().unwrap_or(Self::UNKNOWN)
    }

    /// `<start>`, the ids of the caption's tokens, `<end>`; nothing is cut off.
    pub fn encode(&self, caption: &str) -> Vec<i32> {
        let mut ids = vec![Self::START];
        ids.extend(tokenize(caption).iter().map(|word| self.id(word)));
        ids.push(Self::END);
        ids
    }

    /// The words of `ids`, `<pad>`, `<start>` and `<end>` left out.
    pub fn decode(&self, ids: &[i32]) -> Vec<&str> {
        let known =
            |&id: &i32| usize::try_from(id).ok().and_then(|id| self.words.get(id)).map_or("<unk>", String::as_str);
        ids.iter().filter(|id| !matches!(**id, Self::PAD | Self::START | Self::END)).map(known).collect()
    }

    /// Writes the vocabulary as JSON.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub fn save(&self, path: &Path) -> Result<(), DataError> {
        let file = VocabularyFile { format: FORMAT.into(), min_count: self.min_count, words: self.words.clone() };
        let json = serde_json::to_string_pretty(&file).expect("strings and numbers are always JSON");
        std::fs::write(path, json).map_err(DataError::io(path))
    }

    /// Reads a vocabulary that [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] if the file is not a vocabulary, if its first four words are not the
    /// special ones, or if a word occurs twice.
    pub fn load(path: &Path) -> Result<Self, DataError> {
        let invalid = |problem: String| DataError::Format {
            path: path.to_path_buf(),
            problem,
            expected: format!(
                "{{\"format\": \"{FORMAT}\", \"min_count\": n, \"words\": [\"<pad>\", \"<start>\", \"<end>\", \"<unk>\", ..]}}"
            ),
        };
        let text = std::fs::read(path).map_err(DataError::io(path))?;
        let file: VocabularyFile = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
        if file.format != FORMAT {
            return Err(invalid(format!("format `{}`", file.format)));
        }
        if file.words.len() < Self::SPECIAL.len() || file.words[..Self::SPECIAL.len()] != Self::SPECIAL {
            return Err(invalid("the first four words are not the special ones".into()));
        }
        let count = file.words.len();
        let vocabulary = Self::from_words(file.words, file.min_count);
        if vocabulary.ids.len() != count {
            return Err(invalid(format!("{} words occur twice", count - vocabulary.ids.len())));
        }
        Ok(vocabulary)
    }
}
