//! How captions become ids: words of a vocabulary, or CLIP's byte pairs.

use crate::dataset::data_error;
use crate::recipe::{Recipe, TowerKind};
use anyhow::anyhow;
use halation_data::text::{CaptionBatch, Vocabulary, drop_tokens};
use halation_train::user_error::user;
use rand::Rng;
use std::path::Path;

#[cfg(feature = "clip")]
use crate::recipe::LongCaptions;
#[cfg(feature = "clip")]
use halation_data::text::{ClipOptions, ClipTokenizer, TooLong};
#[cfg(feature = "clip")]
use halation_train::run::sha256_bytes;

/// The file of a run that holds its words.
const WORDS: &str = "vocabulary.json";
/// The file of a run that holds its merge list.
const MERGES: &str = "merges.bpe";

/// What the text tower reads.
#[derive(Clone)]
pub enum Tokens {
    /// Words of the training captions.
    Words(Vocabulary),
    /// CLIP's byte pairs.
    #[cfg(feature = "clip")]
    Clip(std::sync::Arc<Clip>),
    /// The frozen run below has tokens of its own; embeddings from files need none.
    OfRun,
}

/// CLIP's tokenizer and the file it was read from.
#[cfg(feature = "clip")]
pub struct Clip {
    tokenizer: ClipTokenizer,
    merges: Vec<u8>,
}

impl Tokens {
    /// The tokens of a recipe; words are those of `captions`.
    ///
    /// # Errors
    /// User errors: a merge list that is not named, cannot be read or is none.
    pub fn new<'a>(recipe: &Recipe, captions: impl Iterator<Item = &'a str>) -> anyhow::Result<Self> {
        match recipe.model.towers {
            TowerKind::Cnn => Ok(Self::Words(Vocabulary::from_captions(captions, recipe.data.min_count))),
            TowerKind::Clip => match &recipe.model.bpe {
                Some(path) => Self::clip(recipe, path),
                None => Err(user(anyhow!(
                    "CLIP's text tower needs its merge list: name `bpe_simple_vocab_16e6.txt.gz`, or the `merges.txt` beside the weights, with `model.bpe`"
                ))),
            },
            TowerKind::Run | TowerKind::Files => Ok(Self::OfRun),
        }
    }

    /// The tokens that a run was trained with.
    ///
    /// # Errors
    /// A run whose file is gone or damaged.
    pub fn of_run(recipe: &Recipe, run: &Path) -> anyhow::Result<Self> {
        match recipe.model.towers {
            TowerKind::Cnn => Ok(Self::Words(Vocabulary::load(&run.join(WORDS)).map_err(data_error)?)),
            TowerKind::Clip => Self::clip(recipe, &run.join(MERGES)),
            TowerKind::Run | TowerKind::Files => Ok(Self::OfRun),
        }
    }

    #[cfg(feature = "clip")]
    fn clip(recipe: &Recipe, path: &Path) -> anyhow::Result<Self> {
        let sizes = recipe.model.clip.resolve(recipe.model.weights.as_deref())?;
        let too_long = match recipe.model.clip.long_captions {
            LongCaptions::Truncate => TooLong::Truncate,
            LongCaptions::Refuse => TooLong::Refuse,
        };
        let options = ClipOptions { context: sizes.context, too_long, ..ClipOptions::default() };
        let tokenizer = ClipTokenizer::load(path, options).map_err(data_error)?;
        let found = tokenizer.vocabulary_size();
        if found > sizes.vocabulary {
            return Err(user(anyhow!(
                "{}: {found} tokens, and the text tower has vectors for {}: name the merge list of these weights",
                path.display(),
                sizes.vocabulary
            )));
        }
        let merges = std::fs::read(path).map_err(|error| user(anyhow!("{}: {error}", path.display())))?;
        Ok(Self::Clip(std::sync::Arc::new(Clip { tokenizer, merges })))
    }

    #[cfg(not(feature = "clip"))]
    fn clip(_recipe: &Recipe, _path: &Path) -> anyhow::Result<Self> {
        Err(user(anyhow!(
            "this binary was built without CLIP's tokenizer: build it with `--features clip` to use `model.towers = \"clip\"`"
        )))
    }

    /// Writes the file that a run keeps; none where the frozen run has it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, run: &Path) -> anyhow::Result<()> {
        match self {
            Self::Words(words) => words.save(&run.join(WORDS)).map_err(data_error),
            #[cfg(feature = "clip")]
            Self::Clip(clip) => Ok(std::fs::write(run.join(MERGES), &clip.merges)?),
            Self::OfRun => Ok(()),
        }
    }

    /// The name of that file.
    pub fn file(&self) -> Option<&'static str> {
        match self {
            Self::Words(_) => Some(WORDS),
            #[cfg(feature = "clip")]
            Self::Clip(_) => Some(MERGES),
            Self::OfRun => None,
        }
    }

    /// The words, where there are any.
    pub fn words(&self) -> Option<&Vocabulary> {
        match self {
            Self::Words(words) => Some(words),
            #[cfg(feature = "clip")]
            Self::Clip(_) => None,
            Self::OfRun => None,
        }
    }

    /// What ids depend on beside the caption, for the key of a cache.
    pub fn digest(&self) -> String {
        match self {
            Self::Words(_) | Self::OfRun => String::new(),
            #[cfg(feature = "clip")]
            Self::Clip(clip) => format!("{} in {}", sha256_bytes(&clip.merges), clip.tokenizer.context()),
        }
    }

    /// The ids of a caption, start and end included.
    ///
    /// # Errors
    /// A user error for a caption longer than the context, where the recipe refuses those.
    pub fn encode(&self, caption: &str) -> anyhow::Result<Vec<i32>> {
        match self {
            Self::Words(words) => Ok(words.encode(caption)),
            #[cfg(feature = "clip")]
            Self::Clip(clip) => clip.tokenizer.encode(caption).map_err(data_error),
            Self::OfRun => Err(anyhow!("the frozen run encodes its captions itself")),
        }
    }

    /// The ids of a training caption with some of them disturbed: of words, a share `rate` becomes `<unk>` or is deleted; of
    /// byte pairs, each is touched with probability `rate`, and then half become the token of "m" (a mask, as PCME++ trains),
    /// a tenth a random one, and the rest are deleted.
    pub fn disturb(&self, ids: &[i32], rate: f64, rng: &mut impl Rng) -> Vec<i32> {
        match self {
            Self::Words(_) | Self::OfRun => drop_tokens(ids, rate, rng),
            #[cfg(feature = "clip")]
            Self::Clip(clip) => {
                let unit = |rng: &mut _| (Rng::next_u64(rng) >> 11) as f64 / (1u64 << 53) as f64;
                let (start, mask) = (clip.tokenizer.start(), clip.tokenizer.tokens("m")[0]);
                let [first, inner @ .., last] = ids else { return ids.to_vec() };
                let mut out = vec![*first];
                for &id in inner {
                    // Drawn for every token, so that what becomes of one does not hang on the others.
                    let (touched, kind, other) = (unit(rng), unit(rng), unit(rng));
                    match kind {
                        _ if touched >= rate => out.push(id),
                        kind if kind < 0.5 => out.push(mask),
                        kind if kind < 0.6 => out.push((other * f64::from(start)) as i32),
                        _ => {}
                    }
                }
                out.push(*last);
                out
            }
        }
    }

    /// The ids of captions, padded.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    pub fn encode_batch<S: AsRef<str>>(&self, captions: &[S]) -> anyhow::Result<CaptionBatch> {
        let ids: Vec<Vec<i32>> =
            captions.iter().map(|caption| self.encode(caption.as_ref())).collect::<anyhow::Result<_>>()?;
        Ok(CaptionBatch::new(&ids))
    }

    /// How many of `captions` exceed the context.
    #[cfg_attr(not(feature = "clip"), allow(unused_variables))]
    pub fn too_long<'a>(&self, captions: impl Iterator<Item = &'a str>) -> usize {
        match self {
            Self::Words(_) | Self::OfRun => 0,
            #[cfg(feature = "clip")]
            Self::Clip(clip) => {
                let room = clip.tokenizer.context() - 2;
                captions.filter(|caption| clip.tokenizer.tokens(caption).len() > room).count()
            }
        }
    }
}
