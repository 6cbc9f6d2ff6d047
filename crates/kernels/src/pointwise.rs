//! Activation functions.

use crate::Function;
use crate::function::map;
use crate::math::{both_sigmoids, exp, softplus as softplus_and_slope, tanh as tanh_of};
use burn::tensor::{Tensor, activation};
use std::f64::consts::FRAC_1_SQRT_2;

/// A public function of each number: its documentation and name, value and slope of one number, and what it is composed of.
macro_rules! pointwise {
    ($(#[$doc:meta])* $name:ident, |$x:ident| $value_and_slope:expr, |$tensor:ident| $composed:expr) => {
        $(#[$doc])*
        pub fn $name<const D: usize>(x: Tensor<D>) -> Tensor<D> {
            #[derive(Clone, Copy, Debug)]
            struct Named;

            impl Function<1> for Named {
                #[inline(always)]
                fn value_and_slopes(&self, [$x]: [f32; 1]) -> (f32, [f32; 1]) {
                    let (value, slope) = $value_and_slope;
                    (value, [slope])
                }

                fn composed<const D: usize>(&self, [$tensor]: [Tensor<D>; 1]) -> Tensor<D> {
                    $composed
                }
            }

            map(Named, [x])
        }
    };
}

pointwise! {
    /// `e^x`; 0 below -86.6, where it is under 3e-38.
    exponential,
    |x| (exp(x), exp(x)),
    |x| x.exp()
}

pointwise! {
    /// `1 / (1 + e^-x)`.
    sigmoid,
    |x| {
        let (value, rest) = both_sigmoids(x);
        (value, value * rest)
    },
    |x| activation::sigmoid(x)
}

pointwise! {
    /// `tanh(x)`.
    tanh,
    |x| {
        let value = tanh_of(x);
        (value, 1.0 - value * value)
    },
    |x| activation::tanh(x)
}

pointwise! {
    /// `ln(1 + e^x)`, with a small relative error for large negative `x` too.
    softplus,
    |x| softplus_and_slope(x),
    |x| activation::softplus(x, 1.0)
}

pointwise! {
    /// `ln sigmoid(x) = -softplus(-x)`.
    log_sigmoid,
    |x| {
        let (value, slope) = softplus_and_slope(-x);
        (-value, slope)
    },
    |x| activation::log_sigmoid(x)
}

pointwise! {
    /// `x sigmoid(x)`, also called swish (Hendrycks and Gimpel 2016).
    silu,
    |x| {
        let (s, rest) = both_sigmoids(x);
        (x * s, s * (1.0 + x * rest))
    },
    |x| activation::silu(x)
}

pointwise! {
    /// `x tanh(softplus(x))` (Misra 2019).
    mish,
    |x| {
        // tanh(ln(1 + w)) = n / (n + 2) with w = e^x, n = w (w + 2); past 20 it is 1.
        let w = exp(x.min(20.0));
        let n = w * (w + 2.0);
        let squashed = n / (n + 2.0);
        (x * squashed, squashed + x * (1.0 - squashed * squashed) * (w / (1.0 + w)))
    },
    |x| activation::mish(x)
}

pointwise! {
    /// `x Phi(x) = x / 2 (1 + erf(x / sqrt 2))` (Hendrycks and Gimpel 2016).
    ///
    /// Not Burn's function of that name: on all backends but Flex its gradient is that of the `tanh` form ([`gelu_tanh`]), up to
    /// 1e-3 off.
    gelu,
    |x| {
        // Phi by the rational approximation of the error function of Abramowitz and Stegun, 7.1.26, at most 8e-8 off: it shares
        // its exponential with the density.
        const DENSITY: f32 = 0.398_942_3; // 1 / sqrt(2 pi)
        let bell = exp(-0.5 * x * x);
        let t = 1.0 / (1.0 + (0.327_591_1 * FRAC_1_SQRT_2 as f32) * x.abs());
        let mut p = 1.061_405_4_f32;
        p = p * t - 1.453_152;
        p = p * t + 1.421_413_8;
        p = p * t - 0.284_496_74;
        p = p * t + 0.254_829_6;
        let tail = 0.5 * p * t * bell; // 1 - Phi(|x|)
        let cumulative = if x < 0.0 { tail } else { 1.0 - tail };
        (x * cumulative, cumulative + x.clamp(-1e3, 1e3) * (bell * DENSITY)) // at infinity the bell is zero
    },
    |x| {
        let cumulative = (x.clone() * FRAC_1_SQRT_2).erf() * 0.5 + 0.5;
        x * cumulative
    }
}

pointwise! {
    /// `0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`, as `x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))`
    /// (Hendrycks and Gimpel 2016). At most 5e-4 from [`gelu`]; a model trained with one is another model with the other.
    gelu_tanh,
    |x| {
        const LINEAR: f32 = GELU_TANH_SLOPE as f32;
        const CUBIC: f32 = (GELU_TANH_SLOPE * 0.044715) as f32;
        let near = x.clamp(-1e3, 1e3); // far beyond, all that follows has its limit, and squares overflow
        let square = near * near;
        let (s, rest) = both_sigmoids(near * (square * CUBIC + LINEAR));
        (x * s, s + near * s * rest * (square * (3.0 * CUBIC) + LINEAR))
    },
    |x| {
        let inner = x.clone() * (x.clone().square() * (GELU_TANH_SLOPE * 0.044715) + GELU_TANH_SLOPE);
        x * activation::sigmoid(inner)
    }
}

/// `2 sqrt(2 / pi)`.
const GELU_TANH_SLOPE: f64 = 1.595_769_121_605_731;
