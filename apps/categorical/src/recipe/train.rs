//! The `[train]` table.

use anyhow::bail;
use halation_train::average::AverageSpec;
use halation_train::optim::OptimizerSpec;
use serde::{Deserialize, Serialize};

/// For how long training goes, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    /// Epochs; one is `steps_per_epoch` steps.
    pub epochs: usize,
    /// Steps per epoch; 0: one pass over the sequences.
    pub steps_per_epoch: usize,
    /// Sequences per step.
    pub batch: usize,
    /// Peak learning rate.
    pub lr: f64,
    /// How it moves.
    pub schedule: LrSchedule,
    /// Steps over which it rises first.
    pub warmup_steps: u64,
    /// The optimiser.
    pub optimizer: OptimizerSpec,
    /// An average of the weights beside the trained ones: what is validated, evaluated and exported.
    pub average: Option<AverageSpec>,
    /// Global L2 norm that gradients are clipped to; 0: none.
    pub clip: f64,
    /// Steps between checkpoints; 0: at the end of each epoch only.
    pub checkpoint_every: usize,
}

/// How the learning rate moves after its rise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LrSchedule {
    /// Along a cosine to 0.
    #[default]
    Cosine,
    /// Not at all.
    Constant,
    /// By this factor after every epoch (the published runs), during the rise as well.
    PerEpoch(f64),
}

impl Default for Train {
    fn default() -> Self {
        Self {
            epochs: 10,
            steps_per_epoch: 0,
            batch: 32,
            lr: 1e-3,
            schedule: LrSchedule::default(),
            warmup_steps: 0,
            optimizer: OptimizerSpec::default(),
            average: None,
            clip: 1.0,
            checkpoint_every: 0,
        }
    }
}

impl Train {
    /// Checks values that their types allow but that make no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        for (key, value) in [("epochs", self.epochs), ("batch", self.batch)] {
            if value == 0 {
                bail!("recipe key `train.{key}` is 0; it must be at least 1");
            }
        }
        if !(self.lr > 0.0 && self.lr.is_finite()) {
            bail!("recipe key `train.lr` is {}; it must be a positive number", self.lr);
        }
        if !(self.clip >= 0.0 && self.clip.is_finite()) {
            bail!("recipe key `train.clip` is {}; it must be 0 (no clipping) or positive", self.clip);
        }
        if let Some(AverageSpec::Ema(ema)) = &self.average
            && !(0.0..1.0).contains(&ema.decay)
        {
            bail!(
                "recipe key `train.average.decay` is {}; it must be at least 0 and below 1, such as 0.999",
                ema.decay
            );
        }
        if let LrSchedule::PerEpoch(factor) = self.schedule
            && !(factor > 0.0 && factor <= 1.0)
        {
            bail!("recipe key `train.schedule.per-epoch` is {factor}; it must be above 0 and at most 1");
        }
        Ok(())
    }
}
