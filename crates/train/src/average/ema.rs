//! The exponential moving average of a model's weights.

use burn::module::Module;

use super::EmaConfig;
use super::blend::blend;

/// An exponential moving average of every parameter and running statistic of a model (Polyak and Juditsky, 1992; the
/// teacher of Tarvainen and Valpola, "Mean teachers", 2017).
///
/// `average <- d average + (1 - d) model` after each step, with `d` from [`EmaConfig::decay_at`]. The average is a model
/// in validation mode, off the autodiff graph, and shares nothing with the trained one
/// ([`detach_running_state`](super::detach_running_state)). Running statistics are averaged like parameters; integer
/// tensors keep their first value.
#[derive(Debug)]
pub struct Ema<M: Module> {
    config: EmaConfig,
    model: M,
    updates: u64,
}

impl<M: Module> Ema<M> {
    /// The average of `model` alone.
    pub fn new(config: EmaConfig, model: &M) -> Self {
        Self { config, model: model.valid(), updates: 0 }
    }

    /// The average after `updates` updates, as a checkpoint held it.
    pub fn restored(config: EmaConfig, average: M, updates: u64) -> Self {
        Self { config, model: average.valid(), updates }
    }

    /// Moves the average towards `model`.
    ///
    /// # Panics
    /// If `model` has another structure than the averaged one.
    pub fn update(&mut self, model: &M) {
        let weight = 1.0 - self.config.decay_at(self.updates);
        self.model = blend(self.model.clone(), model, weight);
        self.updates += 1;
    }

    /// The averaged model, in validation mode.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// How many updates it has seen.
    pub fn updates(&self) -> u64 {
        self.updates
    }
}
