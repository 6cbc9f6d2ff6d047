//! The chains that recipes name.

use super::MarkovChain;
use crate::DataError;
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
}
