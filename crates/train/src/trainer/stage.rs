//! One optimiser lifetime.

use burn::optim::ModuleOptimizer;

use crate::optim::Schedule;

/// Epochs that share an optimiser, which starts fresh, without moments from the stage before.
///
/// Warm-up with a frozen encoder and fine-tuning after it are two stages.
#[derive(Clone)]
pub struct Stage {
    pub(crate) name: String,
    pub(crate) epochs: usize,
    pub(crate) optimizer: ModuleOptimizer,
    pub(crate) learning_rate: f64,
    pub(crate) schedule: Schedule,
    pub(crate) per_epoch: bool,
    pub(crate) clip_norm: Option<f64>,
}

impl Stage {
    /// A stage of `epochs` epochs with a constant learning rate and no clipping.
    ///
    /// `optimizer` comes from [`OptimizerSpec::build`](crate::optim::OptimizerSpec::build) or any optimiser of Burn.
    pub fn new(name: &str, epochs: usize, optimizer: impl Into<ModuleOptimizer>, learning_rate: f64) -> Self {
        Self {
            name: name.to_owned(),
            epochs,
            optimizer: optimizer.into(),
            learning_rate,
            schedule: Schedule::Constant,
            per_epoch: false,
            clip_norm: None,
        }
    }

    /// Scales the learning rate by a schedule, whose steps count from the start of the stage.
    pub fn with_schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Scales the learning rate by a schedule that moves once per epoch, as many published recipes do: its steps still count
    /// steps, but it is asked at the first step of each epoch.
    pub fn with_schedule_per_epoch(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self.per_epoch = true;
        self
    }

    /// Clips gradients at this global L2 norm ([`clip_global_norm`](crate::optim::clip_global_norm)).
    pub fn with_clip_norm(mut self, max_norm: f64) -> Self {
        self.clip_norm = Some(max_norm);
        self
    }
}
