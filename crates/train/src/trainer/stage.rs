//! One optimiser lifetime.

use burn::module::Module;
use burn::optim::ModuleOptimizer;

use crate::TrainError;
use crate::optim::{OptimizerSpec, ParamGroups, Schedule};

/// Epochs that share an optimiser, which starts fresh, without moments from the stage before (unless told to continue).
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
    pub(crate) groups: Option<(OptimizerSpec, ParamGroups)>,
    pub(crate) loss_schedule: Schedule,
    pub(crate) continues: bool,
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
            groups: None,
            loss_schedule: Schedule::Constant,
            continues: false,
        }
    }

    /// A stage whose learning rate and weight decay differ by parameter; `learning_rate` is what the groups' factors
    /// multiply, and what the metrics state.
    ///
    /// The groups are resolved when the stage is entered, on the model as the task prepared it.
    pub fn grouped(
        name: &str,
        epochs: usize,
        optimizer: OptimizerSpec,
        groups: ParamGroups,
        learning_rate: f64,
    ) -> Self {
        Self { groups: Some((optimizer, groups)), ..Self::new(name, epochs, optimizer.build(), learning_rate) }
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

    /// Scales the loss that is descended by a schedule, whose steps count from the start of the stage; the loss that is
    /// written down stays as it is.
    pub fn with_loss_schedule(mut self, schedule: Schedule) -> Self {
        self.loss_schedule = schedule;
        self
    }

    /// Keeps the moments and step counts of the stage before, which must have the same kind of optimiser: thawing a part
    /// of the model within one optimiser's lifetime, as PCME++ does.
    pub fn continuing_optimizer(mut self) -> Self {
        self.continues = true;
        self
    }

    /// The stage's optimiser for `model`, without any state.
    pub(crate) fn build_optimizer<M: Module>(&self, model: &M) -> Result<ModuleOptimizer, TrainError> {
        match &self.groups {
            None => Ok(self.optimizer.clone()),
            Some((optimizer, groups)) => optimizer.build_grouped(groups, model),
        }
    }
}
