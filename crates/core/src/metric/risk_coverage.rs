//! What is gained by answering only the sure queries.

use super::MetricError;

/// The risk-coverage curve: mean error over the surest queries, as ever more of them are answered (Geifman and El-Yaniv, 2017).
#[derive(Debug, Clone, PartialEq)]
pub struct RiskCoverage {
    /// `risk[n - 1]`: mean error over the `n` surest queries; its last value is the error of all.
    pub risk: Vec<f64>,
    /// Area under the curve, the mean of `risk`: smaller is better, and a useless uncertainty gives the error of all.
    pub area: f64,
}

impl RiskCoverage {
    /// Sorts queries by rising `uncertainty` and accumulates `error` (for instance `1 - R@1`).
    ///
    /// Queries of equal uncertainty count with their common mean error, so that the curve does not depend on their order.
    ///
    /// # Errors
    /// [`MetricError::Shape`] if the lengths differ, [`MetricError::TooFew`] without queries, [`MetricError::NotFinite`].
    pub fn new(uncertainty: &[f64], error: &[f64]) -> Result<Self, MetricError> {
        if uncertainty.len() != error.len() {
            return Err(MetricError::Shape {
                what: "risk-coverage",
                found: format!("{} uncertainties, {} errors", uncertainty.len(), error.len()),
                expected: "one of each per query".into(),
            });
        }
        if uncertainty.is_empty() {
            return Err(MetricError::TooFew { what: "risk-coverage", found: 0, needed: 1 });
        }
        for (what, values) in [("uncertainty", uncertainty), ("error", error)] {
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                return Err(MetricError::NotFinite { what, index });
            }
        }
        let mut order: Vec<usize> = (0..uncertainty.len()).collect();
        order.sort_by(|&a, &b| (uncertainty[a] + 0.0).total_cmp(&(uncertainty[b] + 0.0)));
        let mut risk = Vec::with_capacity(order.len());
        let mut sum = 0.0;
        for tied in order.chunk_by(|&a, &b| uncertainty[a] == uncertainty[b]) {
            let mean = tied.iter().map(|&query| error[query]).sum::<f64>() / tied.len() as f64;
            for _ in tied {
                sum += mean;
                risk.push(sum / (risk.len() + 1) as f64);
            }
        }
        let area = risk.iter().sum::<f64>() / risk.len() as f64;
        Ok(Self { risk, area })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_of_a_hand_worked_example() {
        let curve = RiskCoverage::new(&[3.0, 1.0, 2.0], &[1.0, 0.0, 1.0]).unwrap();
        assert_eq!(curve.risk, [0.0, 0.5, 2.0 / 3.0]);
        assert!((curve.area - (0.5 + 2.0 / 3.0) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_constant_uncertainty_gives_the_error_of_all_everywhere() {
        let curve = RiskCoverage::new(&[1.0; 4], &[1.0, 0.0, 0.0, 1.0]).unwrap();
        assert_eq!(curve.risk, [0.5; 4]);
        assert_eq!(curve.area, 0.5);
    }
}
