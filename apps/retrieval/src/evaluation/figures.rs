//! The figures of one direction.

use halation_core::metric::RankSummary;
use serde::Serialize;

/// Recalls and precisions as fractions, ranks 1-based.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Recall at 1.
    pub r1: f64,
    /// Recall at 5.
    pub r5: f64,
    /// Recall at 10.
    pub r10: f64,
    /// Median rank of the best positive.
    pub medr: f64,
    /// Mean rank of the best positive.
    pub meanr: f64,
    /// R-Precision.
    pub rprecision: f64,
    /// mAP@R.
    pub map_at_r: f64,
}

impl From<&RankSummary> for Figures {
    fn from(summary: &RankSummary) -> Self {
        Self {
            r1: summary.recall_at_1,
            r5: summary.recall_at_5,
            r10: summary.recall_at_10,
            medr: summary.median_rank,
            meanr: summary.mean_rank,
            rprecision: summary.r_precision,
            map_at_r: summary.map_at_r,
        }
    }
}

impl Figures {
    /// The mean of two directions, figure by figure.
    pub fn mean(a: &Self, b: &Self) -> Self {
        let half = |x: f64, y: f64| (x + y) / 2.0;
        Self {
            r1: half(a.r1, b.r1),
            r5: half(a.r5, b.r5),
            r10: half(a.r10, b.r10),
            medr: half(a.medr, b.medr),
            meanr: half(a.meanr, b.meanr),
            rprecision: half(a.rprecision, b.rprecision),
            map_at_r: half(a.map_at_r, b.map_at_r),
        }
    }
}
