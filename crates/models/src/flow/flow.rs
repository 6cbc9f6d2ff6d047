//! The two traits of this folder: an invertible map and a density. No implementation lives here.

use burn::tensor::Tensor;

/// An invertible map with the logarithm of its volume change.
pub trait Flow<const D: usize> {
    /// `x -> (z, log |det dz/dx|)`; shapes `[B, ..] -> ([B, ..], [B])`, nats.
    fn forward(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<1>);

    /// `z -> (x, log |det dx/dz|)`, the map back; shapes as in [`forward`](Self::forward).
    fn inverse(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<1>);
}

/// A density over `[B, ..]`.
pub trait Density<const D: usize> {
    /// `log p(x)` of each item, summed over everything but the batch: `[B]`, nats.
    fn log_prob(&self, x: Tensor<D>) -> Tensor<1>;

    /// Samples from base noise of the shape of x, draws of N(0, 1).
    fn sample(&self, noise: Tensor<D>) -> Tensor<D>;
}
