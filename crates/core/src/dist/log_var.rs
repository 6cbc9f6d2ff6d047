//! The natural logarithm of a variance, as a type.

use burn::tensor::Tensor;
use halation_kernels::exponential;

use super::LogStd;

/// Natural logarithm of the variance of each dimension: `lv = ln(sigma^2)`.
///
/// # Shapes
/// * the tensor: `[N, D]`
#[derive(Debug, Clone)]
pub struct LogVar(pub Tensor<2>);

impl LogVar {
    /// Log-variances below this count as this wherever a formula divides by the variance: `ln(1e-12)`.
    pub const MIN: f64 = -27.631_021_115_928_547;

    /// Log-variances above this count as this wherever a formula sums or divides variances: `ln(1e20)`.
    ///
    /// With both bounds a ratio of variances is at most 1e32, so a sum over a million dimensions still fits an `f32`.
    pub const MAX: f64 = 46.051_701_859_880_914;

    /// The variances `exp(lv)`, `[N, D]`.
    pub fn variance(&self) -> Tensor<2> {
        exponential(self.0.clone())
    }

    /// The same scale as a log standard deviation, `ls = lv / 2`.
    pub fn log_std(&self) -> LogStd {
        LogStd(self.0.clone() / 2.0)
    }

    /// The log-variances limited to [`MIN`](Self::MIN)`..=`[`MAX`](Self::MAX): unchanged for every standard deviation from 1e-6
    /// to 1e10, and beyond these without gradient, so that no divergence becomes NaN by `inf - inf` or `0 * inf`.
    pub fn bounded(&self) -> LogVar {
        LogVar(self.0.clone().clamp(Self::MIN, Self::MAX))
    }
}

impl From<LogStd> for LogVar {
    fn from(value: LogStd) -> Self {
        value.log_var()
    }
}
