//! The chains that recipes name.

use super::MarkovChain;
use crate::DataError;
use crate::source::TextCorpus;
use crate::text::{Alphabet, CharacterSet};
use serde::{Deserialize, Serialize};

/// A Markov chain by name; [`build`](Self::build) makes it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ChainConfig {
    /// [`MarkovChain::sticky`].
    Sticky {
        /// Number of symbols.
        classes: usize,
        /// Probability that a symbol follows itself.
        stay: f64,
    },
    /// [`MarkovChain::ring`].
    Ring {
        /// Number of symbols.
        classes: usize,
        /// Probability that the next symbol of the ring follows.
        next: f64,
    },
}

impl Default for ChainConfig {
    /// The ring of 27 symbols with probability 0.9, 0.939 bits per symbol.
    fn default() -> Self {
        Self::Ring { classes: 27, next: 0.9 }
    }
}

impl ChainConfig {
    /// The binary chain that stays with probability 0.9, 0.469 bits per symbol.
    pub const STICKY_BINARY: Self = Self::Sticky { classes: 2, stay: 0.9 };

    /// The chain.
    ///
    /// # Errors
    /// As [`MarkovChain::sticky`] and [`MarkovChain::ring`].
    pub fn build(&self) -> Result<MarkovChain, DataError> {
        match *self {
            Self::Sticky { classes, stay } => MarkovChain::sticky(classes, stay),
            Self::Ring { classes, next } => MarkovChain::ring(classes, next),
        }
    }

    /// A corpus of `train`, `val` and `test` symbols: one long sample each (0, 1 and 2 of `seed`).
    ///
    /// The start of both chains is stationary, so a chunk or crop of L symbols has exactly the law of a sample of L
    /// symbols, whose bits are [`MarkovChain::entropy_per_symbol`]`(L)`. The alphabet is text8's for 27 symbols and
    /// bytes for 256; else consecutive characters, from `a` if there are at most 26, from `0` if there are more.
    ///
    /// # Errors
    /// As [`build`](Self::build); [`DataError::Invalid`] for more than 50,000 symbols.
    pub fn corpus(&self, seed: u64, lengths: [usize; 3]) -> Result<TextCorpus, DataError> {
        let chain = self.build()?;
        let name = format!("a generated text ({self:?}, seed {seed})");
        let alphabet = match chain.classes() {
            27 => Alphabet::Text8,
            256 => Alphabet::Bytes,
            classes if classes <= 50_000 => {
                let first = if classes <= 26 { 'a' } else { '0' };
                let characters: String = (first..).take(classes).collect();
                Alphabet::Custom(CharacterSet::of_text(&name, &characters)?)
            }
            classes => {
                return Err(DataError::Invalid {
                    what: name,
                    problem: format!("{classes} symbols have no alphabet"),
                    help: "give at most 50000".into(),
                });
            }
        };
        let [train, val, test] = lengths;
        let parts = [(0, train), (1, val), (2, test)].map(|(index, length)| chain.sample(seed, index, length));
        TextCorpus::of_parts(&name, alphabet, parts)
    }
}
