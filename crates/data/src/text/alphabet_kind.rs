//! Which alphabet a recipe asks for.

use super::Alphabet;
use crate::DataError;
use serde::{Deserialize, Serialize};

/// An alphabet by name; [`build`](Self::build) makes it, from the text where the text decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlphabetKind {
    /// Space and the letters a to z, K = 27.
    #[default]
    Text8,
    /// Every byte value, K = 256.
    Bytes,
    /// The distinct characters of the text, sorted.
    Custom,
}

impl AlphabetKind {
    /// The alphabet; `text` counts for [`Custom`](Self::Custom) alone.
    ///
    /// # Errors
    /// As [`Alphabet::distinct`].
    pub fn build(self, what: &str, text: &[u8]) -> Result<Alphabet, DataError> {
        match self {
            Self::Text8 => Ok(Alphabet::Text8),
            Self::Bytes => Ok(Alphabet::Bytes),
            Self::Custom => Alphabet::distinct(what, text),
        }
    }
}
