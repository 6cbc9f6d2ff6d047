//! The `[eval]` table.

use serde::{Deserialize, Serialize};

/// How much is evaluated.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Eval {
    /// Sequences of the split that are measured, spread evenly over it; 0: all.
    pub sequences: usize,
    /// Draws for each sequence: noise levels of a diffusion, points of a flow (then also the `S` of its IWBO).
    pub samples: usize,
    /// Sequences measured after each epoch, of the validation split.
    pub glance: usize,
    /// Sequences drawn to estimate how much of a flow's mass stands for no class.
    pub leak: usize,
    /// Order of the Markov model that stands beside the bound; 0: none.
    pub markov: usize,
}

impl Default for Eval {
    fn default() -> Self {
        Self { sequences: 0, samples: 4, glance: 128, leak: 64, markov: 5 }
    }
}
