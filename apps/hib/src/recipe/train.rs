//! The `[train]` table.

use super::Pairing;
use anyhow::bail;
use halation_train::optim::OptimizerSpec;
use serde::{Deserialize, Serialize};

/// For how long training goes, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    /// Epochs; one is `steps_per_epoch` steps, whatever the size of the set.
    pub epochs: usize,
    /// Steps per epoch.
    pub steps_per_epoch: usize,
    /// Images per step.
    pub batch: usize,
    /// Which pairs of them are learnt from.
    pub pairing: Pairing,
    /// Images of each number in a batch, where all pairs are learnt from.
    pub per_number: usize,
    /// Peak learning rate: up over the first twentieth of the steps, then along a cosine to 0.
    pub lr: f64,
    /// The optimiser.
    pub optimizer: OptimizerSpec,
    /// Global L2 norm that gradients are clipped to.
    pub clip: f64,
    /// Steps between checkpoints; 0: at the end of each epoch only.
    pub checkpoint_every: usize,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            epochs: 5,
            steps_per_epoch: 200,
            batch: 128,
            pairing: Pairing::default(),
            per_number: 4,
            lr: 1e-3,
            optimizer: OptimizerSpec::default(),
            clip: 2.0,
            checkpoint_every: 0,
        }
    }
}

impl Train {
    /// Checks that a batch can be made of `numbers` numbers.
    pub fn check(&self, numbers: usize) -> anyhow::Result<()> {
        if !(self.lr > 0.0 && self.lr.is_finite()) {
            bail!("recipe key `train.lr` is {}; it must be a positive number", self.lr);
        }
        let drawn = self.batch / self.per_number.max(1);
        if self.pairing == Pairing::All && (self.per_number < 2 || drawn < 2 || drawn > numbers) {
            bail!(
                "recipe keys `train.batch` = {} and `train.per_number` = {} make {drawn} numbers a batch; it needs 2 to \
                 {numbers} numbers with at least 2 images each",
                self.batch,
                self.per_number
            );
        }
        Ok(())
    }
}
