//! The usual table of one retrieval direction, and of both.

use super::{MetricError, PositiveRanks, RankMetric, TwoWay};

/// Every metric of one direction; recalls and precisions as fractions, ranks 1-based.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankSummary {
    /// Queries that have a positive.
    pub queries: usize,
    /// Queries left out because they have none.
    pub excluded: usize,
    /// R@1.
    pub recall_at_1: f64,
    /// R@5.
    pub recall_at_5: f64,
    /// R@10.
    pub recall_at_10: f64,
    /// Median rank of the best positive.
    pub median_rank: f64,
    /// Mean rank of the best positive.
    pub mean_rank: f64,
    /// R-Precision.
    pub r_precision: f64,
    /// mAP@R.
    pub map_at_r: f64,
}

impl RankSummary {
    /// Takes all means over `ranks`.
    ///
    /// # Errors
    /// As [`PositiveRanks::mean`].
    pub fn of(ranks: &PositiveRanks) -> Result<Self, MetricError> {
        Ok(Self {
            queries: ranks.queries() - ranks.excluded(),
            excluded: ranks.excluded(),
            recall_at_1: ranks.mean(RankMetric::RecallAt(1))?,
            recall_at_5: ranks.mean(RankMetric::RecallAt(5))?,
            recall_at_10: ranks.mean(RankMetric::RecallAt(10))?,
            median_rank: ranks.median_rank()?,
            mean_rank: ranks.mean_rank()?,
            r_precision: ranks.mean(RankMetric::RPrecision)?,
            map_at_r: ranks.mean(RankMetric::MapAtR)?,
        })
    }
}

impl TwoWay<RankSummary> {
    /// `rSum`: the six recalls R@1, R@5, R@10 of both directions, in percent, added; at most 600.
    pub fn r_sum(&self) -> f64 {
        let of = |summary: &RankSummary| summary.recall_at_1 + summary.recall_at_5 + summary.recall_at_10;
        100.0 * (of(&self.i2t) + of(&self.t2i))
    }
}
