//! The `[train]` table.

use halation_train::average::AverageSpec;
use halation_train::optim::{OptimizerSpec, ParamGroups};
use serde::{Deserialize, Serialize};

/// For how long training goes, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Train {
    /// Epochs of stage 1, backbone and word vectors frozen; stage 2 starts with a fresh optimiser. 0: no such stage.
    pub warmup_epochs: usize,
    /// Epochs, all parameters training.
    pub epochs: usize,
    /// Steps per epoch; 0: one pass over the pairs.
    pub steps_per_epoch: usize,
    /// Image-caption pairs per step. Not used for CUB, where a batch holds one pair of every class.
    pub batch: usize,
    /// Peak learning rate.
    pub lr: f64,
    /// Peak learning rate of stage 1, where it differs.
    pub warmup_lr: Option<f64>,
    /// How the learning rate moves within a stage.
    pub schedule: LrSchedule,
    /// The optimiser.
    pub optimizer: OptimizerSpec,
    /// What differs for some of the parameters: learning rates by tower and depth, weight decay.
    pub groups: Option<ParamGroups>,
    /// An average of the weights beside the trained ones: what is validated, evaluated and exported.
    pub average: Option<AverageSpec>,
    /// Global L2 norm that gradients are clipped to.
    pub clip: f64,
    /// Steps between checkpoints; 0: at the end of each epoch only.
    pub checkpoint_every: usize,
    /// Epochs between evaluations of the validation split; the last epoch always is.
    pub validate_every: usize,
}

impl Default for Train {
    fn default() -> Self {
        Self {
            warmup_epochs: 0,
            epochs: 10,
            steps_per_epoch: 0,
            batch: 64,
            lr: 1e-3,
            warmup_lr: None,
            schedule: LrSchedule::default(),
            optimizer: OptimizerSpec::default(),
            groups: None,
            average: None,
            clip: 2.0,
            checkpoint_every: 0,
            validate_every: 1,
        }
    }
}

/// How the learning rate moves within a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LrSchedule {
    /// Linearly up over the first twentieth of the steps, then along a cosine to 0.
    #[default]
    WarmupCosine,
    /// Along a cosine to 0, moving once per epoch (the published PCME).
    CosinePerEpoch,
    /// At its peak, and from the start of an epoch of the stage on at `factor` times that (the published PCME++):
    /// `schedule = { drop = { epoch = 15, factor = 0.1 } }`.
    Drop {
        /// The first epoch that is lower, from 0.
        epoch: usize,
        /// The factor from then on.
        factor: f64,
    },
}
