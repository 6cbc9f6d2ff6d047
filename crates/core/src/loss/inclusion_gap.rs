//! How much better one normal number lies inside another than the other in it.

use burn::tensor::Tensor;
use halation_kernels::math::{artanh, exp, softplus, tanh};
use halation_kernels::{Function, log_sigmoid};

use crate::dist::LogVar;

/// Differences of means count up to this, so that their squares over the smallest variance stay finite.
const LARGEST_GAP: f64 = 1e9;

/// What the two parts of an [`InclusionGap`] count for.
#[derive(Clone, Copy, Debug)]
pub(super) struct InclusionWeights {
    /// The distance of the means.
    pub(super) location: f64,
    /// The difference of the log-variances.
    pub(super) log_var: f64,
}

/// `H(1 in 2) - H(2 in 1)` of the numbers `mean1, lv1, mean2, lv2`; with `d = mean1 - mean2`, `N = v2 + 2 v1`, `M = v1 + 2 v2`
///
/// ```text
/// (lv2 - lv1) weight + ln(N / M) / 2 + d^2 (1 / N - 1 / M) weight
/// ```
#[derive(Clone, Copy, Debug)]
pub(super) struct InclusionGap {
    pub(super) weights: InclusionWeights,
}

/// `-ln sigmoid(scale gap)` of such numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct InclusionTerm {
    pub(super) gap: InclusionGap,
    pub(super) scale: f64,
}

impl Function<4> for InclusionGap {
    #[inline(always)]
    fn value_and_slopes(&self, [mean1, lv1, mean2, lv2]: [f32; 4]) -> (f32, [f32; 4]) {
        const LIMITS: (f32, f32) = (LogVar::MIN as f32, LogVar::MAX as f32);
        const LARGEST: f32 = LARGEST_GAP as f32;
        let inside = |lv: f32| if lv < LIMITS.0 || lv > LIMITS.1 { 0.0 } else { 1.0 };
        let (in1, in2) = (inside(lv1), inside(lv2));
        let (lv1, lv2) = (lv1.clamp(LIMITS.0, LIMITS.1), lv2.clamp(LIMITS.0, LIMITS.1));
        let difference = mean1 - mean2;
        let counts = if difference.abs() > LARGEST { 0.0 } else { 1.0 };
        let difference = difference.clamp(-LARGEST, LARGEST);
        let (location, log_var) = (self.weights.location as f32, self.weights.log_var as f32);

        let (v1, v2) = (exp(lv1), exp(lv2));
        let (n, m) = (1.0 / (v2 + 2.0 * v1), 1.0 / (v1 + 2.0 * v2));
        // (N - M) / (N + M) = (v1 - v2) / 3 (v1 + v2), from the difference of the logarithms, which does not cancel.
        let spread = artanh(tanh((lv1 - lv2) * 0.5) * (1.0 / 3.0));
        let square = difference * difference;
        let value = (lv2 - lv1) * log_var + spread + square * (n - m) * location;

        // Shares of each variance in N and M.
        let (v1_in_n, v2_in_n, v1_in_m, v2_in_m) = (2.0 * v1 * n, v2 * n, v1 * m, 2.0 * v2 * m);
        let by_lv1 = 0.5 * (v1_in_n - v1_in_m) - log_var + square * (v1_in_m * m - v1_in_n * n) * location;
        let by_lv2 = 0.5 * (v2_in_n - v2_in_m) + log_var + square * (v2_in_m * m - v2_in_n * n) * location;
        let by_mean = 2.0 * difference * (n - m) * location * counts;
        (value, [by_mean, by_lv1 * in1, -by_mean, by_lv2 * in2])
    }

    fn composed<const D: usize>(&self, [mean1, lv1, mean2, lv2]: [Tensor<D>; 4]) -> Tensor<D> {
        let bounded = |lv: Tensor<D>| lv.clamp(LogVar::MIN, LogVar::MAX);
        let (lv1, lv2) = (bounded(lv1), bounded(lv2));
        let square = (mean1 - mean2).clamp(-LARGEST_GAP, LARGEST_GAP).square();
        let log_m = log_add_twice(lv1.clone(), lv2.clone()); // ln(v1 + 2 v2)
        let log_n = log_add_twice(lv2.clone(), lv1.clone()); // ln(v2 + 2 v1)
        // Quotients by exponentials of logarithms: the plain ones overflow in the backward pass at the smallest variances.
        let location = square.clone() * (-log_n.clone()).exp() - square * (-log_m.clone()).exp();
        (lv2 - lv1) * self.weights.log_var + (log_n - log_m) * 0.5 + location * self.weights.location
    }
}

impl Function<4> for InclusionTerm {
    #[inline(always)]
    fn value_and_slopes(&self, x: [f32; 4]) -> (f32, [f32; 4]) {
        let scale = self.scale as f32;
        let (gap, slopes) = self.gap.value_and_slopes(x);
        let (value, slope) = softplus(-scale * gap);
        (value, slopes.map(|by| -scale * slope * by))
    }

    fn composed<const D: usize>(&self, x: [Tensor<D>; 4]) -> Tensor<D> {
        -log_sigmoid(self.gap.composed(x) * self.scale)
    }
}

/// `ln(exp(x) + 2 exp(y))`.
fn log_add_twice<const D: usize>(x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
    let y = y + std::f64::consts::LN_2;
    y.clone() - log_sigmoid(y - x)
}
