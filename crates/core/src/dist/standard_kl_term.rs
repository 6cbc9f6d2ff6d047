//! The divergence of one normal number to the standard normal.

use burn::tensor::Tensor;
use halation_kernels::{Function, math::exp};

use super::LogVar;

/// `(m^2 + e^lv - lv - 1) / 2` of a mean `m` and a bounded log-variance.
#[derive(Clone, Copy, Debug)]
pub(super) struct StandardKlTerm;

impl Function<2> for StandardKlTerm {
    #[inline(always)]
    fn value_and_slopes(&self, [mean, log_var]: [f32; 2]) -> (f32, [f32; 2]) {
        const LIMITS: (f32, f32) = (LogVar::MIN as f32, LogVar::MAX as f32);
        let bounded = log_var.clamp(LIMITS.0, LIMITS.1);
        let variance = exp(bounded);
        let by_log_var = 0.5 * (variance - 1.0);
        let by_log_var = if log_var < LIMITS.0 || log_var > LIMITS.1 { 0.0 } else { by_log_var };
        (0.5 * (mean * mean + (variance - bounded - 1.0)), [mean, by_log_var])
    }

    fn composed<const D: usize>(&self, [mean, log_var]: [Tensor<D>; 2]) -> Tensor<D> {
        let log_var = log_var.clamp(LogVar::MIN, LogVar::MAX);
        (log_var.clone().exp() - log_var - 1.0 + mean.square()) * 0.5
    }
}
