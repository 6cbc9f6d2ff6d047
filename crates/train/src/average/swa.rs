//! Stochastic weight averaging.

use burn::module::Module;

use super::SwaConfig;
use super::blend::blend;

/// The mean of a model's weights over the ends of epochs (Izmailov et al., "Averaging weights leads to wider optima",
/// UAI 2018): `mean <- mean + (model - mean) / (n + 1)`.
///
/// Every parameter of the model is averaged, so of both towers; the released PCME++ evaluates its averaged text tower
/// with the image tower that is *not* averaged. Running statistics are averaged too, which is only close to the
/// statistics of the averaged network: the paper recomputes them with a pass over the training set.
#[derive(Debug)]
pub struct Swa<M: Module> {
    config: SwaConfig,
    model: Option<M>,
    count: u64,
}

impl<M: Module> Swa<M> {
    /// A mean of nothing yet.
    pub fn new(config: SwaConfig) -> Self {
        Self { config, model: None, count: 0 }
    }

    /// The mean of `count` models, as a checkpoint held it.
    pub fn restored(config: SwaConfig, mean: Option<M>, count: u64) -> Self {
        Self { config, model: mean.map(|mean| mean.valid()), count }
    }

    /// Counts `model`, as it is at the end of `epoch` (from 0), if that epoch counts.
    ///
    /// # Panics
    /// If `model` has another structure than the averaged one.
    pub fn end_of_epoch(&mut self, epoch: usize, model: &M) {
        if !self.config.counts(epoch) {
            return;
        }
        self.model = Some(match self.model.take() {
            None => model.valid(),
            Some(mean) => blend(mean, model, 1.0 / (self.count + 1) as f64),
        });
        self.count += 1;
    }

    /// The averaged model, in validation mode; `None` before the first epoch that counts.
    pub fn model(&self) -> Option<&M> {
        self.model.as_ref()
    }

    /// How many models it is the mean of.
    pub fn count(&self) -> u64 {
        self.count
    }
}
