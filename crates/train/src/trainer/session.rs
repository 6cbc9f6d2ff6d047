//! The state of one call of `fit`.

use std::time::Instant;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use serde_json::json;

use super::{FitOptions, Stage, StepAt, Task};
use crate::TrainError;
use crate::average::Average;
use crate::checkpoint::{AVERAGE, Checkpoint, MODEL, OPTIMIZER};
use crate::checkpoint::{model_from_bytes, model_to_bytes, optimizer_from_bytes, optimizer_to_bytes};
use crate::metrics::MetricRow;
use crate::optim::clip_global_norm;
use crate::progress::StepReport;
use crate::run::{Position, Run};

/// Model, optimiser and position, between steps.
pub(super) struct Session<'a, T: Task> {
    pub(super) task: &'a T,
    pub(super) stages: &'a [Stage],
    pub(super) options: &'a FitOptions,
    pub(super) run: &'a mut Run,
    pub(super) model: T::Model,
    pub(super) average: Average<T::Model>,
    pub(super) optimizer: ModuleOptimizer,
    pub(super) position: Position,
    pub(super) validation: Vec<(String, f64)>,
    /// The position that the manifest holds.
    pub(super) saved: Position,
    pub(super) started: Instant,
    pub(super) steps_taken: u64,
}

impl<T: Task> Session<'_, T> {
    /// The stage of an epoch; the last one after the end.
    pub(super) fn stage_of(&self, epoch: usize) -> usize {
        let mut end = 0;
        let found = self.stages.iter().position(|stage| {
            end += stage.epochs;
            epoch < end
        });
        found.unwrap_or(self.stages.len() - 1)
    }

    /// The first epoch of a stage.
    pub(super) fn stage_start(&self, stage: usize) -> usize {
        self.stages[..stage].iter().map(|stage| stage.epochs).sum()
    }

    /// All epochs of all stages.
    pub(super) fn epochs(&self) -> usize {
        self.stage_start(self.stages.len())
    }

    /// Enters the stage of the current position, with a fresh optimiser, or one that goes on where the last one ended.
    pub(super) fn enter_stage(mut self) -> Result<Self, TrainError> {
        let stage = self.stage_of(self.position.epoch);
        self.position.stage = stage;
        self.model = self.task.enter_stage(stage, self.model);
        let mut optimizer = self.stages[stage].build_optimizer(&self.model)?;
        if self.stages[stage].continues && self.steps_taken > 0 {
            // The way of a resumed run, so that both go on with the same state.
            let state = optimizer_to_bytes(&self.optimizer)?;
            optimizer = optimizer_from_bytes(optimizer, state, &self.run.dir().join(OPTIMIZER))?;
        }
        self.optimizer = optimizer;
        Ok(self)
    }

    /// Loads the run's last checkpoint, if it has one.
    pub(super) fn restore(mut self) -> Result<Self, TrainError> {
        let Some(checkpoint) = self.run.last_checkpoint()? else { return Ok(self) };
        let Checkpoint { model, optimizer, average, state } = checkpoint;
        let dir = self.run.dir().to_owned();
        self.model = model_from_bytes(self.model, model, &dir.join(MODEL))?;
        self.average =
            Average::restore(self.options.average, &self.model, average, &state["average"], &dir.join(AVERAGE))?;
        let at_start = self.position.step_in_epoch == 0
            && self.position.epoch == self.stage_start(self.stage_of(self.position.epoch));
        if !at_start || self.stages[self.position.stage].continues {
            self.optimizer = optimizer_from_bytes(self.optimizer, optimizer, &dir.join(OPTIMIZER))?;
        }
        self.validation = serde_json::from_value(state["validation"].clone()).unwrap_or_default();
        let (step, epoch) = (self.position.step, self.position.epoch);
        self.task.load_state(&state["task"]).map_err(|source| TrainError::Task {
            step,
            epoch,
            doing: "restoring its state",
            source,
        })?;
        Ok(self)
    }

    /// Takes one step, and returns what there is to show.
    pub(super) fn step(mut self) -> Result<(Self, StepReport), TrainError> {
        let stage = &self.stages[self.position.stage];
        let at = StepAt {
            seed: self.run.manifest().seed,
            stage: self.position.stage,
            epoch: self.position.epoch,
            step_in_epoch: self.position.step_in_epoch,
            step: self.position.step,
        };
        let (step, epoch) = (at.step + 1, at.epoch + 1);
        let not_finite = |what: String, help: String| TrainError::NotFinite { step, epoch, what, help };
        let saved = format!("the last checkpoint (step {}) is intact", self.saved.step);

        let output = self.task.loss(&self.model, at);
        let output = output.map_err(|source| TrainError::Task { step, epoch, doing: "the loss", source })?;
        let loss: f64 = output.loss.clone().into_scalar::<f64>();
        if !loss.is_finite() {
            let help = match first_not_finite(&self.model) {
                Some(parameter) => {
                    format!("parameter `{parameter}` is not finite either: lower the learning rate or clip")
                }
                None => "all parameters are finite: look at this step's batch and the loss".to_owned(),
            };
            return Err(not_finite("the loss".to_owned(), format!("{help}; {saved}")));
        }
        let into_stage = (at.epoch - self.stage_start(at.stage)) * self.task.steps_per_epoch();
        let ramp = stage.loss_schedule.factor((into_stage + at.step_in_epoch) as u64);
        let descended = if ramp == 1.0 { output.loss } else { output.loss * ramp };
        let grads = GradientsParams::from_grads(descended.backward(), &self.model);
        let (grads, norm) =
            clip_global_norm(&self.model, grads, stage.clip_norm.unwrap_or(f64::INFINITY)).map_err(|error| {
                let help = format!("the loss is {loss}: look for a square root, logarithm or division at 0; {saved}");
                not_finite(format!("the gradient of `{}`", error.parameter), help)
            })?;

        let into_epoch = if stage.per_epoch { 0 } else { at.step_in_epoch };
        let learning_rate = stage.learning_rate * stage.schedule.factor((into_stage + into_epoch) as u64);
        self.model = self.optimizer.step(learning_rate, self.model, grads);
        self.average.end_of_step(&self.model);
        self.position.step += 1;
        self.position.step_in_epoch += 1;
        self.steps_taken += 1;

        if step.is_multiple_of(self.options.log_every_steps) {
            let own = [("loss", loss), ("learning_rate", learning_rate), ("grad_norm", norm)];
            let rows: Vec<MetricRow> = own
                .into_iter()
                .chain(output.scalars)
                .map(|(name, value)| MetricRow { step, epoch, split: "train".into(), name: name.into(), value })
                .collect();
            self.run.append(&rows)?;
        }
        let report = StepReport { stage: at.stage, epoch: at.epoch, step_in_epoch: at.step_in_epoch, step, loss };
        Ok((self, report))
    }

    /// Validates after the epoch that has just ended, and writes the result down.
    pub(super) fn validate(&mut self) -> Result<(), TrainError> {
        let (step, epoch) = (self.position.step, self.position.epoch + 1);
        let trained;
        let model = match self.average.model() {
            Some(averaged) => averaged,
            None => {
                trained = self.model.valid();
                &trained
            }
        };
        let validation = self.task.validate(model, self.position.epoch);
        self.validation =
            validation.map_err(|source| TrainError::Task { step, epoch, doing: "the validation", source })?;
        let row = |(name, value): &(String, f64)| MetricRow {
            step,
            epoch,
            split: "valid".to_owned(),
            name: name.clone(),
            value: *value,
        };
        let rows: Vec<MetricRow> = self.validation.iter().map(row).collect();
        self.run.append(&rows)
    }

    /// Saves a checkpoint here; `validated` says that the validation metrics belong to this very position.
    pub(super) fn save(&mut self, validated: bool) -> Result<(), TrainError> {
        let (average, average_state) = self.average.save()?;
        let mut state = json!({ "task": self.task.save_state(), "validation": self.validation });
        if !average_state.is_null() {
            state["average"] = average_state;
        }
        let checkpoint = Checkpoint {
            model: model_to_bytes(&self.model)?,
            optimizer: optimizer_to_bytes(&self.optimizer)?,
            average,
            state,
        };
        let watched = self.options.best.as_ref().filter(|_| validated).and_then(|(metric, goal)| {
            let (_, value) = self.validation.iter().find(|(name, _)| name == metric)?;
            value.is_finite().then_some((metric.as_str(), *goal, *value))
        });
        self.run.save(self.position, &checkpoint, self.options.keep_last, watched)?;
        self.saved = self.position;
        let seconds = self.started.elapsed().as_secs_f64();
        self.run.append_timing(&json!({
            "step": self.position.step,
            "epoch": self.position.epoch,
            "seconds_in_session": seconds,
            "steps_in_session": self.steps_taken,
        }))
    }
}

/// The path of the first parameter that holds a NaN or an infinity.
fn first_not_finite<M: Module>(model: &M) -> Option<String> {
    #[derive(Default)]
    struct Search {
        path: Vec<String>,
        found: Option<String>,
    }
    impl ModuleVisitor for Search {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if self.found.is_none() && param.val().into_data().iter::<f32>().any(|value| !value.is_finite()) {
                self.found = Some(self.path.join("."));
            }
        }
    }
    let mut search = Search::default();
    model.visit(&mut search);
    search.found
}
