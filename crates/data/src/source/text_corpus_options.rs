//! How a text file becomes symbols.

use super::TextSplit;
use crate::text::{AlphabetKind, TextFilter};
use serde::{Deserialize, Serialize};

/// Alphabet, filter and split of a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TextCorpusOptions {
    /// The symbols.
    pub alphabet: AlphabetKind,
    /// What is done to the text first.
    pub filter: TextFilter,
    /// Where `train`, `val` and `test` lie.
    pub split: TextSplit,
    /// The most bytes of text that are read; a file that holds more is refused.
    pub max_bytes: u64,
}

impl Default for TextCorpusOptions {
    /// The alphabet of text8, no filter, 90 / 5 / 5, at most 4 GiB.
    fn default() -> Self {
        Self {
            alphabet: AlphabetKind::default(),
            filter: TextFilter::default(),
            split: TextSplit::default(),
            max_bytes: 4 << 30,
        }
    }
}
