//! Does the metric fall as the uncertainty rises?

use super::{MetricError, pearson};

/// Queries sorted by uncertainty and cut into bins of equal count, the metric averaged in each.
///
/// A useful uncertainty gives a [`pearson`](Self::pearson) near -1 (PCME++, section 4; the reference code drops the remainder of
/// the division and so does this).
#[derive(Debug, Clone, PartialEq)]
pub struct BinAnalysis {
    /// The bins, from the surest queries to the least sure.
    pub bins: Vec<UncertaintyBin>,
    /// Pearson's r between the bin index and the mean metric, over the bins that have one; `None` if fewer than two have, or all
    /// are equal.
    pub pearson: Option<f64>,
}

/// One bin of a [`BinAnalysis`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UncertaintyBin {
    /// Number of queries in the bin.
    pub queries: usize,
    /// Number of them that have the metric.
    pub measured: usize,
    /// Mean uncertainty of the queries.
    pub uncertainty: f64,
    /// Mean of the metric over the queries that have it; `None` if none has.
    pub metric: Option<f64>,
}

impl BinAnalysis {
    /// Ten bins, as published.
    pub const BINS: usize = 10;

    /// Cuts the queries into `bins` bins of `floor(N / bins)` by rising uncertainty (ties by index) and averages `metric`.
    ///
    /// `metric` is `None` for queries outside the annotated subset, as [`PositiveRanks::per_query`](super::PositiveRanks::per_query)
    /// gives it: bins are cut over all queries, then intersected with the subset.
    ///
    /// # Errors
    /// [`MetricError::Shape`] if the lengths differ, [`MetricError::TooFew`] with fewer queries than bins,
    /// [`MetricError::NotFinite`].
    pub fn new(uncertainty: &[f64], metric: &[Option<f64>], bins: usize) -> Result<Self, MetricError> {
        if uncertainty.len() != metric.len() {
            return Err(MetricError::Shape {
                what: "bin analysis",
                found: format!("{} uncertainties, {} metric values", uncertainty.len(), metric.len()),
                expected: "one of each per query".into(),
            });
        }
        if let Some(index) = uncertainty.iter().position(|value| !value.is_finite()) {
            return Err(MetricError::NotFinite { what: "uncertainty", index });
        }
        let size = uncertainty.len().checked_div(bins).unwrap_or(0);
        if size == 0 {
            return Err(MetricError::TooFew { what: "bin analysis", found: uncertainty.len(), needed: bins.max(1) });
        }
        let mut order: Vec<usize> = (0..uncertainty.len()).collect();
        order.sort_by(|&a, &b| (uncertainty[a] + 0.0).total_cmp(&(uncertainty[b] + 0.0)));
        let bins: Vec<UncertaintyBin> = order
            .chunks_exact(size)
            .take(bins)
            .map(|queries| {
                let values: Vec<f64> = queries.iter().filter_map(|&query| metric[query]).collect();
                UncertaintyBin {
                    queries: size,
                    measured: values.len(),
                    uncertainty: queries.iter().map(|&query| uncertainty[query]).sum::<f64>() / size as f64,
                    metric: (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64),
                }
            })
            .collect();
        let (index, value): (Vec<f64>, Vec<f64>) =
            bins.iter().enumerate().filter_map(|(index, bin)| Some((index as f64, bin.metric?))).unzip();
        let pearson = if value.len() < 2 { None } else { pearson(&index, &value)? };
        Ok(Self { bins, pearson })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_falls_evenly_with_uncertainty_correlates_perfectly() {
        let uncertainty: Vec<f64> = (0..23).rev().map(f64::from).collect();
        let metric: Vec<Option<f64>> = (0..23).map(|query| Some(f64::from(query))).collect();
        let analysis = BinAnalysis::new(&uncertainty, &metric, 10).unwrap();
        assert_eq!(analysis.bins.len(), 10);
        // The three least sure queries, numbers 0, 1 and 2, are the remainder and in no bin.
        assert_eq!(analysis.bins[0].metric, Some(21.5));
        assert_eq!(analysis.bins[9].metric, Some(3.5));
        assert!((analysis.pearson.unwrap() + 1.0).abs() < 1e-12);
    }

    #[test]
    fn queries_outside_the_annotated_subset_shape_the_bins_but_not_their_means() {
        let metric = [Some(1.0), None, None, None, Some(0.0), None];
        let analysis = BinAnalysis::new(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &metric, 3).unwrap();
        assert_eq!(analysis.bins.iter().map(|bin| bin.metric).collect::<Vec<_>>(), [Some(1.0), None, Some(0.0)]);
        // Two points lie on a line, up to the rounding of the square roots.
        assert!((analysis.pearson.unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(BinAnalysis::new(&[0.0, 1.0], &[None, None], 2).unwrap().pearson, None);
    }

    #[test]
    fn too_few_queries_and_an_uncertainty_that_is_not_finite_are_errors() {
        let few = BinAnalysis::new(&[0.0; 9], &[Some(0.0); 9], 10).unwrap_err();
        assert_eq!(few, MetricError::TooFew { what: "bin analysis", found: 9, needed: 10 });
        let nan = BinAnalysis::new(&[0.0, f64::NAN], &[None, None], 2).unwrap_err();
        assert_eq!(nan, MetricError::NotFinite { what: "uncertainty", index: 1 });
    }
}
