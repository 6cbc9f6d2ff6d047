//! The two densities over sequences of points, as one type.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{AutoregressiveFlow, CouplingTextFlow, Density};

/// A density over `[B, L, D]`, of whichever kind.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // a model holds one, for its whole life
pub enum SequenceDensity {
    /// Fast both ways.
    Coupling(CouplingTextFlow),
    /// More exact for its size, and sampled number by number.
    Autoregressive(AutoregressiveFlow),
}

impl SequenceDensity {
    /// How many masks of input dropout a batch takes: one for each conditioner.
    pub fn masks(&self) -> usize {
        match self {
            Self::Coupling(flow) => flow.steps.len(),
            Self::Autoregressive(_) => 1,
        }
    }

    /// [`Density::log_prob`] with input dropout.
    ///
    /// # Shapes
    /// * `x`: `[B, L, D]`
    /// * `keep`: `[masks, B, L]`, 1 where the conditioner sees a position and 0 where it does not; `None` keeps all
    /// * output: `[B]`
    pub fn log_prob_with(&self, x: Tensor<3>, keep: Option<Tensor<3>>) -> Tensor<1> {
        match self {
            Self::Coupling(flow) => flow.log_prob_with(x, keep),
            Self::Autoregressive(flow) => flow.log_prob_with(x, keep.map(|keep| keep.squeeze_dim(0))),
        }
    }
}

impl Density<3> for SequenceDensity {
    fn log_prob(&self, x: Tensor<3>) -> Tensor<1> {
        self.log_prob_with(x, None)
    }

    fn sample(&self, noise: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Coupling(flow) => flow.sample(noise),
            Self::Autoregressive(flow) => flow.sample(noise),
        }
    }
}
