//! Functions of each number for itself, as one loop over the numbers, and another over their slopes on the way back.

use super::Kernel;
use super::math::{exp, log1p, tanh};
use super::operand::{Float, float, values};
use super::rows::for_rows;
use crate::pointwise::{GELU_TANH_CUBE, GELU_TANH_SLOPE};
use rayon::prelude::*;
use std::fmt::Debug;

/// A function of one number.
pub(crate) trait Function: Clone + Copy + Debug + Send + Sync + 'static {
    /// Value and derivative. The derivative costs nothing where nobody reads it: both are inlined into the loop.
    fn value_and_slope(x: f32) -> (f32, f32);
}

/// A function of each number.
#[derive(Clone, Debug)]
pub(crate) struct Pointwise<F>(pub(crate) F);

/// Numbers that one task takes at a time.
const BLOCK: usize = 4096;

impl<F: Function> Kernel<1> for Pointwise<F> {
    /// The slopes: all that the way back needs, and no larger than the input, which may go.
    type Saved = Float;

    fn value(&self, [x]: [Float; 1]) -> Float {
        let x = x.to_contiguous();
        let shape = x.layout().shape().clone();
        let x = values(&x);
        let mut out = vec![0.0; x.len()];
        for_rows(out.par_chunks_mut(BLOCK).zip(x.par_chunks(BLOCK)), BLOCK, |_, (out, x)| {
            out.iter_mut().zip(x).for_each(|(out, &x)| *out = F::value_and_slope(x).0);
        });
        float(out, &shape)
    }

    fn forward(&self, [x]: [Float; 1]) -> (Float, Float) {
        let x = x.to_contiguous();
        let shape = x.layout().shape().clone();
        let x = values(&x);
        let (mut out, mut slopes) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        let rows = out.par_chunks_mut(BLOCK).zip(slopes.par_chunks_mut(BLOCK)).zip(x.par_chunks(BLOCK));
        for_rows(rows, BLOCK, |_, ((out, slopes), x)| {
            for ((out, slope), &x) in out.iter_mut().zip(slopes).zip(x) {
                (*out, *slope) = F::value_and_slope(x);
            }
        });
        (float(out, &shape), float(slopes, &shape))
    }

    fn backward(&self, slopes: Float, gradient: Float, _: [bool; 1]) -> [Option<Float>; 1] {
        let shape = gradient.layout().shape().clone();
        let (slopes, gradient) = (values(&slopes), values(&gradient));
        let mut out = vec![0.0; slopes.len()];
        let rows = out.par_chunks_mut(BLOCK).zip(slopes.par_chunks(BLOCK)).zip(gradient.par_chunks(BLOCK));
        for_rows(rows, BLOCK, |_, ((out, slopes), gradient)| {
            for ((out, slope), gradient) in out.iter_mut().zip(slopes).zip(gradient) {
                *out = slope * gradient;
            }
        });
        [Some(float(out, &shape))]
    }
}

/// A [`Function`] under a name.
macro_rules! function {
    ($name:ident, |$x:ident| $body:expr) => {
        #[doc = concat!("See `", stringify!($name), "` of [`pointwise`](crate::pointwise).")]
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name;

        impl Function for $name {
            #[inline(always)]
            fn value_and_slope($x: f32) -> (f32, f32) {
                $body
            }
        }
    };
}

function!(Sigmoid, |x| {
    let (y, rest) = both_sides(x);
    (y, y * rest)
});

function!(Tanh, |x| {
    let y = tanh(x);
    (y, 1.0 - y * y)
});

function!(Softplus, |x| softplus(x));

function!(LogSigmoid, |x| {
    let (y, slope) = softplus(-x);
    (-y, slope)
});

function!(Silu, |x| {
    let (s, rest) = both_sides(x);
    (x * s, s * (1.0 + x * rest))
});

function!(Mish, |x| {
    // tanh(ln(1 + w)) = n / (n + 2) with w = e^x, n = w (w + 2); past 20 it is 1.
    let w = exp(x.min(20.0));
    let n = w * (w + 2.0);
    let squashed = n / (n + 2.0);
    (x * squashed, squashed + x * (1.0 - squashed * squashed) * (w / (1.0 + w)))
});

function!(Gelu, |x| {
    // Phi by the rational approximation of the error function of Abramowitz and Stegun, 7.1.26, at most 8e-8 off: it shares
    // its exponential with the density.
    const DENSITY: f32 = 0.398_942_3; // 1 / sqrt(2 pi)
    let bell = exp(-0.5 * x * x);
    let t = 1.0 / (1.0 + (0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2) * x.abs());
    let mut p = 1.061_405_4_f32;
    p = p * t - 1.453_152;
    p = p * t + 1.421_413_8;
    p = p * t - 0.284_496_74;
    p = p * t + 0.254_829_6;
    let tail = 0.5 * p * t * bell; // 1 - Phi(|x|)
    let cumulative = if x < 0.0 { tail } else { 1.0 - tail };
    (x * cumulative, cumulative + x * (bell * DENSITY))
});

function!(GeluTanh, |x| {
    const SLOPE: f32 = GELU_TANH_SLOPE as f32;
    const CUBE: f32 = (GELU_TANH_SLOPE * GELU_TANH_CUBE) as f32;
    let square = x * x;
    let (s, rest) = both_sides(x * (square * CUBE + SLOPE));
    (x * s, s + x * s * rest * (square * (3.0 * CUBE) + SLOPE))
});

/// `sigmoid(x)` and `sigmoid(-x)`, neither as a difference from 1.
#[inline(always)]
fn both_sides(x: f32) -> (f32, f32) {
    let e = exp(-x.abs());
    let large = 1.0 / (1.0 + e);
    let small = e * large;
    if x < 0.0 { (small, large) } else { (large, small) }
}

/// `ln(1 + e^x)` and its slope, the sigmoid.
#[inline(always)]
fn softplus(x: f32) -> (f32, f32) {
    let e = exp(-x.abs());
    let s = 1.0 / (1.0 + e);
    // `e` carries a NaN on, which `max` loses.
    (x.max(0.0) + log1p(e), if x < 0.0 { e * s } else { s })
}
