//! GELU whose gradient is its own on every backend.

use std::f64::consts::FRAC_1_SQRT_2;

use burn::tensor::Tensor;

/// `x Phi(x) = x / 2 (1 + erf(x / sqrt 2))` (Hendrycks and Gimpel 2016).
///
/// Not Burn's function of that name: on all backends but Flex its gradient is that of the `tanh` form ([`gelu_tanh`](super::gelu_tanh)),
/// up to 1e-3 off. In parts, autodiff also keeps the error function for the way back instead of computing it twice.
pub fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let cumulative = (x.clone() * FRAC_1_SQRT_2).erf() * 0.5 + 0.5;
    x * cumulative
}
