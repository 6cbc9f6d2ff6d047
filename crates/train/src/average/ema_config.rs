//! How an exponential moving average forgets.

use serde::{Deserialize, Serialize};

/// How an [`Ema`](super::Ema) forgets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmaConfig {
    /// The weight of the old average at each step, in `[0, 1)`.
    pub decay: f64,
    /// Whether the decay starts small: `min(decay, (1 + t) / (10 + t))` after `t` updates, so that the random initial
    /// weights are soon forgotten.
    #[serde(default)]
    pub warmup: bool,
}

impl EmaConfig {
    /// A constant `decay`.
    pub fn new(decay: f64) -> Self {
        Self { decay, warmup: false }
    }

    /// Starts with a small decay.
    pub fn with_warmup(mut self) -> Self {
        self.warmup = true;
        self
    }

    /// The decay of the update that follows `updates` earlier ones.
    pub fn decay_at(&self, updates: u64) -> f64 {
        let updates = updates as f64;
        if self.warmup { self.decay.min((1.0 + updates) / (10.0 + updates)) } else { self.decay }
    }
}
