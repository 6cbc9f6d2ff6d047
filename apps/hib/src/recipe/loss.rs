//! The `[loss]` table.

use halation_core::loss::PairMatchLossConfig;
use serde::{Deserialize, Serialize};

/// The soft contrastive loss of HIB and its prior.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Loss {
    /// Samples `J` of each embedding; a point is its own only sample.
    pub samples: usize,
    /// Weight beta of the divergence to the prior; points have none.
    pub kl_weight: f64,
    /// Start of the scale `a` of the distance.
    pub negative_scale: f64,
    /// Start of the shift `b`.
    pub shift: f64,
    /// Whether matches and mismatches weigh one half each, as in HIB's batches of as many of both; else every pair weighs the same, and
    /// in a batch of all pairs most are mismatches.
    pub balanced: bool,
}

impl Default for Loss {
    fn default() -> Self {
        Self { samples: 8, kl_weight: 1e-4, negative_scale: 1.0, shift: 1.0, balanced: true }
    }
}

impl Loss {
    /// The settings of the loss.
    pub fn config(&self) -> PairMatchLossConfig {
        PairMatchLossConfig::new()
            .with_negative_scale(self.negative_scale)
            .with_shift(self.shift)
            .with_balanced(self.balanced)
    }
}
