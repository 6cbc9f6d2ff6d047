//! Which epochs a mean of weights counts.

use serde::{Deserialize, Serialize};

/// Which epochs an [`Swa`](super::Swa) counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwaConfig {
    /// The first epoch whose end is counted, from 0, over all stages.
    pub from_epoch: usize,
    /// From then on, the end of every so many epochs is counted.
    #[serde(default = "one")]
    pub every_epochs: usize,
}

fn one() -> usize {
    1
}

impl SwaConfig {
    /// Counts every epoch from `from_epoch` on.
    pub fn new(from_epoch: usize) -> Self {
        Self { from_epoch, every_epochs: 1 }
    }

    /// Counts one epoch in `every_epochs`.
    pub fn with_every_epochs(mut self, every_epochs: usize) -> Self {
        self.every_epochs = every_epochs;
        self
    }

    /// Whether the end of `epoch` (from 0) counts.
    pub fn counts(&self, epoch: usize) -> bool {
        epoch >= self.from_epoch && (epoch - self.from_epoch).is_multiple_of(self.every_epochs.max(1))
    }
}
