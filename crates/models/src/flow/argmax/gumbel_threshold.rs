//! Gumbel noise whose uniforms come from a learnt distribution.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::log_softplus;
use halation_kernels::softplus;

use super::gumbel_argmax::conditional_gumbel;

/// [`gumbel_argmax`](super::gumbel_argmax()) with `u = sigmoid(y)` for a `y` from a learnt distribution (Argmax Flows, 2021,
/// section 3.2).
///
/// Returns `v` and the terms of its log-density but for that of `y`, `loc_k - v_k + softplus(y_k)`:
/// `ln q(v | x) = ln q(y | x) + sum_k terms_k`. That is the density of the Gumbel form less the log-derivative of the sigmoid, whose
/// `ln u` cancels. Finite for every finite `y`.
///
/// # Shapes
/// * `classes`: `[.., 1]`, below `M`; `locations`, `y`: `[.., M]`
/// * returns: twice `[.., M]`
pub fn gumbel_threshold<const R: usize>(
    classes: Tensor<R, Int>,
    locations: Tensor<R>,
    y: Tensor<R>,
) -> (Tensor<R>, Tensor<R>) {
    // -ln u = softplus(-y); ln u = -softplus(-y), less the log-derivative -softplus(-y) - softplus(y), leaves softplus(y).
    let noise = -log_softplus(-y.clone());
    conditional_gumbel(classes, locations, softplus(y), noise)
}
