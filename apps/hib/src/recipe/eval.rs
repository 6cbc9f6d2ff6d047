//! The `[eval]` table.

use serde::{Deserialize, Serialize};

/// How much is evaluated. Queries are all test images.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Eval {
    /// Neighbours that vote; 5 as published.
    pub neighbours: usize,
    /// Clean training images that neighbours are searched among, spread evenly over the numbers.
    pub gallery: usize,
    /// Pairs of test images to verify, half of them matches.
    pub pairs: usize,
    /// Samples `J` of each embedding; every score is a mean over `J^2` pairs of them.
    pub samples: usize,
    /// Seed of the pairs and of what spoils the test images.
    pub seed: u64,
}

impl Default for Eval {
    fn default() -> Self {
        Self { neighbours: 5, gallery: 5_000, pairs: 10_000, samples: 8, seed: 0 }
    }
}
