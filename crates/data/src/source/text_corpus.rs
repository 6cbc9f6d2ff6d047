//! A text file as symbols with a split: text8, enwik8, or anyone's own.

use super::text_file::{file_sha256, open_text, text_error};
use super::{TextCorpusOptions, TextPart};
use crate::DataError;
use crate::text::{Alphabet, TextFilter, filter_text8, letters_only};
use sha2::{Digest, Sha256};
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::Arc;

/// The three parts of a text, with what it was made of.
#[derive(Debug, Clone)]
pub struct TextCorpus {
    /// The symbols.
    pub alphabet: Alphabet,
    /// The first part.
    pub train: TextPart,
    /// The part after it.
    pub val: TextPart,
    /// The last part.
    pub test: TextPart,
    /// SHA-256 of the file as it lies there, compressed or not, in hexadecimal.
    pub sha256: String,
}

impl TextCorpus {
    /// Reads a file: plain, or compressed with bzip2 or gzip (known by its first bytes).
    ///
    /// A custom alphabet has the characters of the whole text, so that every part can be written in it.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] if the file is empty, its compression broken, or its text longer than
    /// `max_bytes`; [`DataError::Invalid`] if the text does not fit the alphabet (see [`Alphabet::encode`]) or the
    /// split.
    pub fn read(path: &Path, options: &TextCorpusOptions) -> Result<Self, DataError> {
        let name = path.display().to_string();
        let text = filtered(path, open_text(path)?, options)?;
        let alphabet = options.alphabet.build(&name, &text)?;
        let ids = alphabet.encode(&name, &text)?.into();
        Self::split(&name, alphabet, ids, options, file_sha256(path)?)
    }

    /// The parts of a text in memory, which messages call `name`; `sha256` is that of the text.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn of_text(name: &str, text: &[u8], options: &TextCorpusOptions) -> Result<Self, DataError> {
        let sha256 = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        let text = filtered(Path::new(name), text, options)?;
        let alphabet = options.alphabet.build(name, &text)?;
        let ids = alphabet.encode(name, &text)?.into();
        Self::split(name, alphabet, ids, options, sha256)
    }

    /// Parts that were made apart, such as samples of a known source, which messages call `name`; `sha256` is that of
    /// their symbols, 2 bytes each, little endian.
    ///
    /// # Errors
    /// [`DataError::Invalid`] if a symbol is not in the alphabet.
    pub fn of_parts(name: &str, alphabet: Alphabet, parts: [Vec<u16>; 3]) -> Result<Self, DataError> {
        let mut digest = Sha256::new();
        for &symbol in parts.iter().flatten() {
            if usize::from(symbol) >= alphabet.size() {
                return Err(DataError::Invalid {
                    what: name.to_owned(),
                    problem: format!("it holds symbol {symbol}"),
                    help: format!("give symbols below {}, the size of the alphabet", alphabet.size()),
                });
            }
            digest.update(symbol.to_le_bytes());
        }
        let sha256 = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let part = |which: &str, ids: Vec<u16>| {
            let length = ids.len();
            TextPart::new(format!("the {which} part of {name}"), ids.into(), 0..length)
        };
        let [train, val, test] = parts;
        let [train, val, test] = [part("train", train), part("val", val), part("test", test)];
        Ok(Self { alphabet, train, val, test, sha256 })
    }

    fn split(
        name: &str,
        alphabet: Alphabet,
        ids: Arc<[u16]>,
        options: &TextCorpusOptions,
        sha256: String,
    ) -> Result<Self, DataError> {
        let [train, val, test] = options.split.ranges(name, ids.len())?;
        let part = |which: &str, range| TextPart::new(format!("the {which} part of {name}"), ids.clone(), range);
        let [train, val, test] = [part("train", train), part("val", val), part("test", test)];
        Ok(Self { alphabet, train, val, test, sha256 })
    }

    /// The part `train`, `val` or `test`.
    ///
    /// # Errors
    /// [`DataError::Invalid`] for another name.
    pub fn part(&self, name: &str) -> Result<&TextPart, DataError> {
        match name {
            "train" => Ok(&self.train),
            "val" => Ok(&self.val),
            "test" => Ok(&self.test),
            _ => Err(DataError::Invalid {
                what: format!("split `{name}` of a text"),
                problem: "it does not exist".into(),
                help: "choose from train, val, test".into(),
            }),
        }
    }
}

/// The text of `reader`, which messages call `path`, filtered.
fn filtered(path: &Path, reader: impl BufRead, options: &TextCorpusOptions) -> Result<Vec<u8>, DataError> {
    let format = |problem: String, expected: String| DataError::Format { path: path.to_path_buf(), problem, expected };
    let mut reader = reader.take(options.max_bytes.saturating_add(1));
    let mut text = Vec::new();
    match options.filter {
        TextFilter::Wikipedia => {
            let count = filter_text8(&mut reader, &mut text, |_| ()).map_err(|error| text_error(path, error))?;
            if count.pages == 0 && count.read > 0 {
                return Err(format("there is no `<text `".into(), "a Wikipedia XML dump".into()));
            }
        }
        TextFilter::None | TextFilter::Letters => {
            reader.read_to_end(&mut text).map_err(|error| text_error(path, error))?;
        }
    }
    if reader.limit() == 0 {
        let expected = format!("at most {} (`max_bytes`)", options.max_bytes);
        return Err(format(format!("its text has more than {} bytes", options.max_bytes), expected));
    }
    if options.filter == TextFilter::Letters {
        text = letters_only(&text);
    }
    if text.is_empty() {
        return Err(format("there is no text in it".into(), "a text that is not empty".into()));
    }
    Ok(text)
}
