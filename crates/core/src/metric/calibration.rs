//! One number for how evenly a metric falls as the uncertainty rises.

use super::{BinAnalysis, MetricError, spearman};

/// ProbVLM's calibration of an uncertainty: `score = -S R^2` over the bins of a [`BinAnalysis`] (Upadhyay et al.,
/// ICCV 2023).
///
/// 1 is a metric that falls along a straight line from bin to bin, -1 one that rises so; 0 is no relation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Spearman's rho `S` between the level of uncertainty and the metric.
    pub spearman: f64,
    /// Share `R^2` of the metric's variance that a straight line over the levels explains.
    pub r_squared: f64,
    /// `-S R^2`; larger is better.
    pub score: f64,
}

impl Calibration {
    /// The calibration over the bins that have a metric; `None` if fewer than two have one, or all are equal.
    ///
    /// The level of a bin is its index: bins are cut by rank, so a single extreme uncertainty cannot decide the line.
    ///
    /// # Errors
    /// [`MetricError::NotFinite`] if the metric of a bin is not finite.
    pub fn new(analysis: &BinAnalysis) -> Result<Option<Self>, MetricError> {
        let (levels, metric): (Vec<f64>, Vec<f64>) =
            analysis.bins.iter().enumerate().filter_map(|(level, bin)| Some((level as f64, bin.metric?))).unzip();
        if metric.len() < 2 {
            return Ok(None);
        }
        let Some(spearman) = spearman(&levels, &metric)? else {
            return Ok(None);
        };
        // With one regressor and an intercept, R^2 is the square of Pearson's r.
        let Some(pearson) = analysis.pearson else {
            return Ok(None);
        };
        let r_squared = pearson * pearson;
        Ok(Some(Self { spearman, r_squared, score: -spearman * r_squared }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(metric: &[f64]) -> Option<Calibration> {
        let uncertainty: Vec<f64> = (0..metric.len()).map(|query| query as f64 * query as f64).collect();
        let metric: Vec<Option<f64>> = metric.iter().copied().map(Some).collect();
        Calibration::new(&BinAnalysis::new(&uncertainty, &metric, metric.len()).unwrap()).unwrap()
    }

    /// `1 - residual / total` of the least-squares line, by its normal equations.
    fn slow_r_squared(y: &[f64]) -> f64 {
        let n = y.len() as f64;
        let (sx, sy): (f64, f64) = ((0..y.len()).map(|x| x as f64).sum(), y.iter().sum());
        let (sxx, sxy) = y.iter().enumerate().fold((0.0, 0.0), |(xx, xy), (x, y)| {
            let x = x as f64;
            (xx + x * x, xy + x * y)
        });
        let slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
        let intercept = (sy - slope * sx) / n;
        let residual: f64 = y.iter().enumerate().map(|(x, y)| (y - intercept - slope * x as f64).powi(2)).sum();
        let total: f64 = y.iter().map(|y| (y - sy / n).powi(2)).sum();
        1.0 - residual / total
    }

    #[test]
    fn a_line_down_is_perfect_a_line_up_is_the_opposite_and_a_constant_is_undefined() {
        // Up to the rounding of square roots.
        assert!((of(&[0.9, 0.7, 0.5, 0.3]).unwrap().score - 1.0).abs() < 1e-12);
        assert!((of(&[0.3, 0.5, 0.7, 0.9]).unwrap().score + 1.0).abs() < 1e-12);
        assert_eq!(of(&[0.5; 4]), None);
    }

    #[test]
    fn the_line_fit_agrees_with_its_normal_equations_and_the_order_with_a_hand_count() {
        let metric = [0.8, 0.9, 0.4, 0.5, 0.1];
        let found = of(&metric).unwrap();
        // Ranks 4 5 2 3 1 against 1 2 3 4 5: 1 - 6 (9 + 9 + 1 + 1 + 16) / (5 * 24) = -0.8.
        assert!((found.spearman + 0.8).abs() < 1e-12);
        assert!((found.r_squared - slow_r_squared(&metric)).abs() < 1e-12);
        assert!((found.score - 0.8 * found.r_squared).abs() < 1e-12);
    }

    #[test]
    fn bins_without_the_metric_are_left_out_and_one_alone_says_nothing() {
        let two = BinAnalysis::new(&[0.0, 1.0, 2.0], &[Some(1.0), None, Some(0.0)], 3).unwrap();
        assert!((Calibration::new(&two).unwrap().unwrap().score - 1.0).abs() < 1e-12);
        let one = BinAnalysis::new(&[0.0, 1.0], &[Some(1.0), None], 2).unwrap();
        assert_eq!(Calibration::new(&one), Ok(None));
    }

    #[test]
    fn a_metric_that_is_not_finite_is_an_error() {
        assert!(BinAnalysis::new(&[0.0, 1.0], &[Some(1.0), Some(f64::NAN)], 2).is_err());
    }
}
