//! One number for how unsure an embedding is.

/// How the variances of a diagonal Gaussian are summed up into one uncertainty; larger is less sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum UncertaintyScore {
    /// `exp(mean_k log sigma_k)`, the geometric mean of sigma: PCME's, independent of the dimension.
    #[default]
    GeometricMeanSigma,
    /// `mean_k log sigma_k`, what PCME's code logs; the same order.
    MeanLogSigma,
    /// `sum_k sigma_k^2`, the trace of the covariance: PCME++'s.
    Trace,
    /// `sum_k log sigma_k^2`, the log of the determinant of the covariance; the order of the geometric mean.
    LogDet,
}

impl UncertaintyScore {
    /// The uncertainty of one embedding from its log-variances `log sigma^2`.
    ///
    /// # Shapes
    /// * `log_var`: `[D]`, not empty
    pub fn of_log_var(self, log_var: &[f32]) -> f64 {
        let sum = || log_var.iter().map(|&value| f64::from(value)).sum::<f64>();
        match self {
            Self::GeometricMeanSigma => (sum() / 2.0 / log_var.len() as f64).exp(),
            Self::MeanLogSigma => sum() / 2.0 / log_var.len() as f64,
            Self::Trace => log_var.iter().map(|&value| f64::from(value).exp()).sum(),
            Self::LogDet => sum(),
        }
    }

    /// The uncertainty of every row.
    ///
    /// # Shapes
    /// * `log_var`: `[N, dim]`, row-major -> `[N]`
    ///
    /// # Panics
    /// If `dim` is zero or does not divide the length.
    pub fn of_rows(self, log_var: &[f32], dim: usize) -> Vec<f64> {
        assert!(dim > 0 && log_var.len().is_multiple_of(dim), "{} values are not rows of {dim}", log_var.len());
        log_var.chunks_exact(dim).map(|row| self.of_log_var(row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_the_specification_example() {
        // log sigma = (-1, -.5); figures from the golden list of the specification, six digits.
        let log_var = [-2.0, -1.0];
        assert!((UncertaintyScore::GeometricMeanSigma.of_log_var(&log_var) - 0.472367).abs() < 1e-6);
        assert!((UncertaintyScore::Trace.of_log_var(&log_var) - 0.503215).abs() < 1e-6);
        assert_eq!(UncertaintyScore::MeanLogSigma.of_log_var(&log_var), -0.75);
        assert_eq!(UncertaintyScore::LogDet.of_rows(&[-2.0, -1.0, 0.0, 4.0], 2), [-3.0, 4.0]);
    }
}
