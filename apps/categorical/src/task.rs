//! Training on sequences: what a step sees is a function of seed, epoch and step.

use crate::dataset::Dataset;
use crate::evaluation;
use crate::generator::Generator;
use crate::network::Network;
use crate::process::{Process, bits, upload};
use crate::recipe::{LrSchedule, Recipe};
use burn::tensor::Device;
use halation_train::TaskError;
use halation_train::optim::Schedule;
use halation_train::trainer::{Stage, StepAt, StepOutput, Task};
use serde_json::Value;

/// Sequences of a training part, batched.
pub struct SequenceTask<'a> {
    recipe: &'a Recipe,
    dataset: &'a Dataset,
    process: &'a dyn Process,
    device: Device,
    training_device: Device,
}

impl<'a> SequenceTask<'a> {
    /// Prepares a dataset for training on `device`.
    pub fn new(recipe: &'a Recipe, dataset: &'a Dataset, process: &'a dyn Process, device: &Device) -> Self {
        Self { recipe, dataset, process, device: device.clone(), training_device: device.clone().autodiff() }
    }

    /// The network as something that is measured and sampled.
    pub fn generator(&self, network: &Network) -> Generator<'a> {
        Generator::new(network, self.process, self.dataset, self.device.clone())
    }

    /// The optimiser lifetime of the recipe.
    pub fn stages(&self) -> Vec<Stage> {
        let train = &self.recipe.train;
        let per_epoch = self.steps_per_epoch() as u64;
        let (total_steps, warmup_steps) = (train.epochs as u64 * per_epoch, train.warmup_steps);
        let stage = Stage::new("train", train.epochs, train.optimizer.build(), train.lr);
        let stage = if train.clip > 0.0 { stage.with_clip_norm(train.clip) } else { stage };
        vec![match train.schedule {
            LrSchedule::Cosine => stage.with_schedule(Schedule::WarmupCosine { warmup_steps, total_steps, floor: 0.0 }),
            LrSchedule::Constant if warmup_steps > 0 => {
                stage.with_schedule(Schedule::Ramp { start: 0, steps: warmup_steps })
            }
            LrSchedule::Constant => stage,
            LrSchedule::PerEpoch(factor) => {
                stage.with_schedule(Schedule::WarmupStep { warmup_steps, every: per_epoch, factor })
            }
        }]
    }
}

impl Task for SequenceTask<'_> {
    type Model = Network;

    fn steps_per_epoch(&self) -> usize {
        match self.recipe.train.steps_per_epoch {
            0 => (self.dataset.count("train").unwrap_or(1) / self.recipe.train.batch).max(1),
            steps => steps,
        }
    }

    fn items_per_step(&self) -> usize {
        self.recipe.train.batch
    }

    fn loss(&self, network: &Network, at: StepAt) -> Result<StepOutput, TaskError> {
        let batch = self.recipe.train.batch;
        let ids = self.dataset.training_batch(batch, at.seed, at.epoch as u64, at.step)?;
        let length = self.dataset.length;
        let nats = self.process.loss(network, upload(&ids, length, &self.training_device), at).mean();
        let per_symbol = bits(f64::from(nats.clone().into_scalar::<f32>()), length);
        // Descended by symbol, so that learning rates do not depend on the length of sequences.
        Ok(StepOutput::new(nats / length as f64).with("bits_per_symbol", per_symbol))
    }

    fn validate(&self, network: &Network, _epoch: usize) -> Result<Vec<(String, f64)>, TaskError> {
        let value = evaluation::glance(&self.generator(network), self.recipe)?;
        Ok(vec![("bits_per_symbol".to_owned(), value)])
    }

    fn save_state(&self) -> Value {
        self.process.save_state()
    }

    fn load_state(&self, state: &Value) -> Result<(), TaskError> {
        Ok(self.process.load_state(state)?)
    }
}
