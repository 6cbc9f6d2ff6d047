//! The bound that a surjection and a density give.

use burn::tensor::{Int, Tensor};

use super::Surjection;
use crate::flow::Density;

/// One draw of the bound `ln p(v) - ln q(v | x)` with `v ~ q(v | x)`, in nats for each sequence: its mean is at most `ln P(x)`. Draws with
/// other noise are the log-weights of an [`IwboAccumulator`](halation_core::bound::IwboAccumulator).
///
/// # Shapes
/// * `ids`: `[B, L]`, below `K`; `noise`: `[B, L, D]`, draws of [`Surjection::noise_kind`]
/// * returns: `[B]`
///
/// # Panics
/// As [`Surjection::forward`] and the density.
pub fn elbo(surjection: &Surjection, density: &impl Density<3>, ids: Tensor<2, Int>, noise: Tensor<3>) -> Tensor<1> {
    let (v, log_q) = surjection.forward(ids, noise);
    density.log_prob(v) - log_q
}
