//! Noise on one-hot vectors: the baselines of argmax flows.

use burn::config::Config;
use burn::tensor::{Int, Tensor};
use halation_core::categorical::{UNIFORM_RANGE, log_sigmoid};
use halation_kernels::sigmoid;

use super::on_class;

/// Which noise is added to a one-hot vector (Argmax Flows, 2021, section 5).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Dequantization {
    /// Uniform noise, `ln q = 0` (Uria et al., 2013).
    Uniform,
    /// `sigmoid(y)` for `y` from a conditional normal (Ho et al., Flow++, 2019).
    Variational,
}

/// `v = onehot(x) + u - 1/2`, read back as `argmax v = x`. The shift centres the data and changes no volume.
///
/// `u` is cut to below one, so that no coordinate of another class reaches that of `x`.
///
/// # Shapes
/// * `classes`: `[.., 1]`, below `M`; `u`: `[.., M]`, in `[0, 1]`
/// * returns: `[.., M]`
pub fn dequantize<const R: usize>(classes: Tensor<R, Int>, u: Tensor<R>) -> Tensor<R> {
    let on_class = on_class(classes, u.dims()[R - 1]);
    let low = u.clamp(0.0, UNIFORM_RANGE[1]) - 0.5;
    low.clone().mask_where(on_class, low + 1.0)
}

/// [`dequantize`] with `u = sigmoid(y)`.
///
/// Returns `v` and the terms of its log-Jacobian, `ln sigmoid(y) + ln sigmoid(-y)`: `ln q(v | x) = ln q(y | x) - sum terms`.
///
/// # Shapes
/// * `classes`: `[.., 1]`, below `M`; `y`: `[.., M]`
/// * returns: twice `[.., M]`
pub fn dequantize_sigmoid<const R: usize>(classes: Tensor<R, Int>, y: Tensor<R>) -> (Tensor<R>, Tensor<R>) {
    (dequantize(classes, sigmoid(y.clone())), log_sigmoid(y.clone()) + log_sigmoid(-y))
}
