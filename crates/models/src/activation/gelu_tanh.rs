//! The approximation of GELU without an error function.

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

/// `2 sqrt(2 / pi)`.
const SLOPE: f64 = 1.595_769_121_605_731;

/// `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`, as `x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))`
/// (Hendrycks and Gimpel 2016). At most 5e-4 from `x Phi(x)`; a model trained with one is another model with the other.
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let inner = x.clone() * (x.clone().square() * (SLOPE * 0.044715) + SLOPE);
    x * sigmoid(inner)
}
