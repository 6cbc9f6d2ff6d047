//! Which step is being computed.

use crate::random;

/// The place of one step in the training. All counts start at 0; epochs and steps count on across stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepAt {
    /// The run's seed.
    pub seed: u64,
    /// The stage.
    pub stage: usize,
    /// The epoch.
    pub epoch: usize,
    /// The step within the epoch.
    pub step_in_epoch: usize,
    /// The step within the whole training.
    pub step: u64,
}

impl StepAt {
    /// The seed of one random stream at this step: [`random::seed_for`] of seed, stream, epoch and step within the epoch.
    pub fn seed_for(&self, stream: &str) -> u64 {
        random::seed_for(self.seed, stream, self.epoch, self.step_in_epoch)
    }
}
