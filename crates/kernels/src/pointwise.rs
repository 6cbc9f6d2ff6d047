//! Functions of each number for itself, with their gradients.

use burn::tensor::{Tensor, activation};

/// A public function with a fast form on Flex: documentation, name, kernel, and what it is composed of elsewhere.
macro_rules! pointwise {
    ($(#[$doc:meta])* $name:ident, $kernel:ident, |$x:ident| $composed:expr) => {
        $(#[$doc])*
        pub fn $name<const D: usize>($x: Tensor<D>) -> Tensor<D> {
            #[cfg(feature = "flex")]
            if let Some(operand) = crate::flex::Operand::of(&$x) {
                return crate::flex::run(crate::flex::Pointwise(crate::flex::$kernel), [operand]);
            }
            $composed
        }
    };
}

pointwise! {
    /// `1 / (1 + e^-x)`.
    sigmoid, Sigmoid, |x| activation::sigmoid(x)
}

pointwise! {
    /// `tanh(x)`.
    tanh, Tanh, |x| activation::tanh(x)
}

pointwise! {
    /// `ln(1 + e^x)`, with a small relative error for large negative `x` too.
    softplus, Softplus, |x| activation::softplus(x, 1.0)
}

pointwise! {
    /// `ln sigmoid(x) = -softplus(-x)`.
    log_sigmoid, LogSigmoid, |x| activation::log_sigmoid(x)
}

pointwise! {
    /// `x sigmoid(x)`, also called swish (Hendrycks and Gimpel 2016).
    silu, Silu, |x| activation::silu(x)
}

pointwise! {
    /// `x tanh(softplus(x))` (Misra 2019).
    mish, Mish, |x| activation::mish(x)
}

pointwise! {
    /// `x Phi(x) = x / 2 (1 + erf(x / sqrt 2))` (Hendrycks and Gimpel 2016).
    ///
    /// Not Burn's function of that name: on all backends but Flex its gradient is that of the `tanh` form ([`gelu_tanh`]), up to
    /// 1e-3 off.
    gelu, Gelu, |x| {
        let cumulative = (x.clone() * std::f64::consts::FRAC_1_SQRT_2).erf() * 0.5 + 0.5;
        x * cumulative
    }
}

pointwise! {
    /// `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`, as `x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))`
    /// (Hendrycks and Gimpel 2016). At most 5e-4 from [`gelu`]; a model trained with one is another model with the other.
    gelu_tanh, GeluTanh, |x| {
        let inner = x.clone() * (x.clone().square() * (GELU_TANH_SLOPE * GELU_TANH_CUBE) + GELU_TANH_SLOPE);
        x * activation::sigmoid(inner)
    }
}

/// `2 sqrt(2 / pi)`.
pub(crate) const GELU_TANH_SLOPE: f64 = 1.595_769_121_605_731;
/// The weight of the cube.
pub(crate) const GELU_TANH_CUBE: f64 = 0.044715;
