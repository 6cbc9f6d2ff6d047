//! A bit as the sign of a number.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::log_sigmoid;
use halation_kernels::softplus;

/// Smallest magnitude: where softplus underflows, the sign must still be there.
const SMALLEST: f64 = 1e-30;

/// `v = (2 b - 1) softplus(u)` for a bit `b`, read back as `b = [v > 0]`: the argmax of two classes in one dimension, and the encoder that
/// the text experiments of Argmax Flows (2021) use.
///
/// Returns `v` and the terms of its log-Jacobian, `ln sigmoid(u)`: `ln q(v | b) = ln q(u | b) - sum terms`.
///
/// # Shapes
/// * `bits`: any, 0 or 1; `u` and both results: the same
pub fn sign_softplus<const R: usize>(bits: Tensor<R, Int>, u: Tensor<R>) -> (Tensor<R>, Tensor<R>) {
    let magnitude = softplus(u.clone()).clamp_min(SMALLEST);
    let v = magnitude.clone().mask_where(bits.equal_elem(0), -magnitude);
    (v, log_sigmoid(u))
}
