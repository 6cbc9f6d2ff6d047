//! Softmax over rows.

use super::Kernel;
use super::lanes::{dot, largest, total};
use super::operand::{Float, float, values};
use super::rows::{for_rows, over_two};
use crate::math::exp;
use rayon::prelude::*;

/// See [`softmax`](crate::softmax()).
#[derive(Clone, Debug)]
pub(crate) struct Softmax;

/// See [`log_softmax`](crate::log_softmax()).
#[derive(Clone, Debug)]
pub(crate) struct LogSoftmax;

impl Kernel<1> for Softmax {
    /// The value.
    type Saved = Float;

    fn forward(&self, [logits]: [Float; 1]) -> (Float, Float) {
        let out = over_rows(
            &logits,
            #[inline(always)]
            |logits, out| {
                exponentials(logits, out);
                let scale = 1.0 / total(out);
                out.iter_mut().for_each(|out| *out *= scale);
            },
        );
        (out.clone(), out)
    }

    fn backward(&self, output: Float, gradient: Float, _: [bool; 1]) -> [Option<Float>; 1] {
        [Some(over_two(
            &output,
            &gradient,
            width(&output),
            #[inline(always)]
            |output, gradient, out| {
                let mean = dot(output, gradient);
                for ((out, p), gradient) in out.iter_mut().zip(output).zip(gradient) {
                    *out = p * (gradient - mean);
                }
            },
        ))]
    }
}

impl Kernel<1> for LogSoftmax {
    /// The value.
    type Saved = Float;

    fn forward(&self, [logits]: [Float; 1]) -> (Float, Float) {
        let out = over_rows(
            &logits,
            #[inline(always)]
            |logits, out| {
                let shift = exponentials(logits, out);
                let logarithm = total(out).ln();
                // In two steps: the sum of both would lose what lies below the last place of a large logit.
                out.iter_mut().zip(logits).for_each(|(out, logit)| *out = (logit - shift) - logarithm);
            },
        );
        (out.clone(), out)
    }

    fn backward(&self, output: Float, gradient: Float, _: [bool; 1]) -> [Option<Float>; 1] {
        [Some(over_two(
            &output,
            &gradient,
            width(&output),
            #[inline(always)]
            |output, gradient, out| {
                let sum = total(gradient);
                for ((out, &log_p), gradient) in out.iter_mut().zip(output).zip(gradient) {
                    *out = gradient - exp(log_p) * sum;
                }
            },
        ))]
    }
}

/// `e^(x - shift)` with the largest number as the shift, which is given back; zeros where all numbers are `-inf`.
#[inline(always)]
pub(super) fn exponentials(logits: &[f32], out: &mut [f32]) -> f32 {
    let shift = largest(logits).max(f32::MIN);
    out.iter_mut().zip(logits).for_each(|(out, &logit)| *out = exp(logit - shift));
    shift
}

/// Numbers of a row.
fn width(tensor: &Float) -> usize {
    let shape = tensor.layout().shape();
    shape[shape.num_dims() - 1]
}

/// A new tensor from each row of one.
fn over_rows(input: &Float, function: impl Fn(&[f32], &mut [f32]) + Send + Sync) -> Float {
    let input = input.to_contiguous();
    let shape = input.layout().shape().clone();
    let width = width(&input);
    let input = values(&input);
    let mut out = vec![0.0; input.len()];
    for_rows(
        out.par_chunks_mut(width).zip(input.par_chunks(width)),
        width,
        #[inline(always)]
        |_, (out, input)| function(input, out),
    );
    float(out, &shape)
}
