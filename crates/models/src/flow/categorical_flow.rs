//! A flow over sequences of categories: a surjection onto classes, and a density over its points.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::argmax::Surjection;
use super::{Density, SequenceDensity};

/// A model `P(x) = integral of p(v) over {v: x(v) = x}` of sequences (Argmax Flows, Hoogeboom et al., 2021), with the variational
/// `q(v | x)` by which it is trained and measured.
#[derive(Module, Debug)]
pub struct CategoricalFlow {
    /// `x(v)` and `q(v | x)`.
    pub surjection: Surjection,
    /// `p(v)`.
    pub density: SequenceDensity,
}

impl CategoricalFlow {
    /// `ln p(v) - ln q(v | x)` of one draw `v ~ q(v | x)` for each sequence, in nats: its mean is the ELBO, the logarithm of the mean of
    /// its exponential over several draws the IWBO; both are below `ln P(x)`.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`; `noise`: `[B, L, D]`, draws of [`Surjection::noise_law`]
    /// * `keep`: see [`SequenceDensity::log_prob_with`]
    /// * output: `[B]`
    pub fn log_weight(&self, ids: Tensor<2, Int>, noise: Tensor<3>, keep: Option<Tensor<3>>) -> Tensor<1> {
        let (v, log_q) = self.surjection.forward(ids, noise);
        self.density.log_prob_with(v, keep) - log_q
    }

    /// Points of the density, to be read by [`Surjection::decode`].
    ///
    /// # Shapes
    /// * `noise`: `[B, L, D]`, draws of N(0, 1); output: `[B, L, D]`
    pub fn sample(&self, noise: Tensor<3>) -> Tensor<3> {
        self.density.sample(noise)
    }
}
