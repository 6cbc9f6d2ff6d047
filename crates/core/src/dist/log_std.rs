//! The natural logarithm of a standard deviation, as a type.

use burn::tensor::Tensor;
use halation_kernels::exponential;

use super::LogVar;

/// Natural logarithm of the standard deviation of each dimension: `ls = ln(sigma)`.
///
/// This is what the uncertainty heads of PCME (Chun et al., CVPR 2021) emit. PCME++ and ProLIP emit [`LogVar`], though
/// their code calls that tensor "std" too; the two differ by a factor of two, hence two types.
///
/// # Shapes
/// * the tensor: `[N, D]`
#[derive(Debug, Clone)]
pub struct LogStd(pub Tensor<2>);

impl LogStd {
    /// The standard deviations `exp(ls)`, `[N, D]`.
    pub fn std(&self) -> Tensor<2> {
        exponential(self.0.clone())
    }

    /// The same scale as a log-variance, `lv = 2 ls`.
    pub fn log_var(&self) -> LogVar {
        LogVar(self.0.clone() * 2.0)
    }
}

impl From<LogVar> for LogStd {
    fn from(value: LogVar) -> Self {
        value.log_std()
    }
}
