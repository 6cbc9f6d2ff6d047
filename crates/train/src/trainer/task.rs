//! What an app brings to training.

use burn::module::Module;
use serde_json::Value;

use super::{StepAt, StepOutput};
use crate::TaskError;

/// A model's loss on each step's batch, and its validation.
///
/// Everything random must come from [`StepAt`] (order of the data, augmentation, noise); then runs resume bit-equal.
pub trait Task {
    /// What is trained; parameters of the loss belong in it too.
    type Model: Module;

    /// How many steps make an epoch; at least 1, and the same in every call.
    fn steps_per_epoch(&self) -> usize;

    /// How many items a full batch holds: only for the display of items per second.
    fn items_per_step(&self) -> usize {
        1
    }

    /// The loss of one step.
    ///
    /// # Errors
    /// Whatever the app's own code returns; training stops with it, and the last checkpoint stays.
    fn loss(&self, model: &Self::Model, at: StepAt) -> Result<StepOutput, TaskError>;

    /// Metrics after an epoch (from 0), of the model in validation mode (`Module::valid`).
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    fn validate(&self, model: &Self::Model, epoch: usize) -> Result<Vec<(String, f64)>, TaskError> {
        let _ = (model, epoch);
        Ok(Vec::new())
    }

    /// Prepares the model for a stage: freezes or thaws parts of it (`Module::set_require_grad_group`, `freeze_group`).
    ///
    /// It must set everything that the stage needs and not rely on an earlier stage, because a resumed run enters the
    /// stage directly; and it must not change values, because they are then loaded.
    fn enter_stage(&self, stage: usize, model: Self::Model) -> Self::Model {
        let _ = stage;
        model
    }

    /// State of the task's own that a checkpoint must hold, as JSON. Prefer none: derive it from [`StepAt`].
    fn save_state(&self) -> Value {
        Value::Null
    }

    /// Restores what [`save_state`](Self::save_state) returned.
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    fn load_state(&self, state: &Value) -> Result<(), TaskError> {
        let _ = state;
        Ok(())
    }
}
