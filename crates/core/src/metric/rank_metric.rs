//! What one query's ranks are worth.

use std::fmt;

/// A metric of one query, computed from the ranks of its positives.
///
/// With `R` the number of positives and `rel(i)` 1 if the item at 0-based rank `i` is one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RankMetric {
    /// `R@K`: 1 if a positive is among the first K, else 0.
    RecallAt(usize),
    /// The 1-based rank of the best positive.
    BestRank,
    /// `R-P = (1/R) sum_{i<R} rel(i)`.
    RPrecision,
    /// R-Precision with `R` replaced by `min(R, cap)`, as the plausible-match variant of the ECCV Caption paper does.
    RPrecisionCapped(usize),
    /// `mAP@R = (1/R) sum_{i<R} rel(i) Prec@(i+1)` (Musgrave et al., "A Metric Learning Reality Check", 2020).
    MapAtR,
}

impl RankMetric {
    /// How many items of a ranking the metric looks at, for a query with `positives` of them; `None`: as far as the best positive.
    pub fn depth(self, positives: usize) -> Option<usize> {
        match self {
            Self::RecallAt(k) => Some(k),
            Self::BestRank => None,
            Self::RPrecision | Self::MapAtR => Some(positives),
            Self::RPrecisionCapped(cap) => Some(positives.min(cap)),
        }
    }

    /// The value for a query whose positives have the 0-based ranks `ranks`, ascending.
    ///
    /// `positives` is `R`; `ranks` may lack those past [`depth`](Self::depth).
    ///
    /// # Panics
    /// If `positives` is zero or, for [`BestRank`](Self::BestRank), `ranks` is empty.
    pub fn of_query(self, ranks: &[u32], positives: usize) -> f64 {
        assert!(positives > 0, "a query without positives has no {self}");
        let hits_before = |depth: usize| ranks.partition_point(|&rank| (rank as usize) < depth);
        match self {
            Self::RecallAt(k) => f64::from(u8::from(hits_before(k) > 0)),
            Self::BestRank => f64::from(ranks[0]) + 1.0,
            Self::RPrecision => hits_before(positives) as f64 / positives as f64,
            Self::RPrecisionCapped(cap) => {
                let depth = positives.min(cap);
                hits_before(depth) as f64 / depth as f64
            }
            Self::MapAtR => {
                let hits = &ranks[..hits_before(positives)];
                let precisions = hits.iter().enumerate().map(|(hit, &rank)| (hit + 1) as f64 / (f64::from(rank) + 1.0));
                precisions.sum::<f64>() / positives as f64
            }
        }
    }
}

impl fmt::Display for RankMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecallAt(k) => write!(f, "R@{k}"),
            Self::BestRank => f.write_str("best rank"),
            Self::RPrecision => f.write_str("R-Precision"),
            Self::RPrecisionCapped(cap) => write!(f, "R-Precision (R at most {cap})"),
            Self::MapAtR => f.write_str("mAP@R"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_precision_and_map_at_r_agree_with_the_hand_worked_example() {
        // rel = (1, 0, 1, 1, 0, 1), R = 4: precision at the hits inside R is 1, 2/3, 3/4.
        let ranks = [0, 2, 3, 5];
        assert_eq!(RankMetric::RPrecision.of_query(&ranks, 4), 0.75);
        assert!((RankMetric::MapAtR.of_query(&ranks, 4) - (1.0 + 2.0 / 3.0 + 0.75) / 4.0).abs() < 1e-15);
        assert!((RankMetric::MapAtR.of_query(&ranks, 4) - 0.604167).abs() < 1e-6);
        assert_eq!(RankMetric::RPrecisionCapped(2).of_query(&ranks, 4), 0.5);
        assert_eq!(RankMetric::RecallAt(1).of_query(&ranks, 4), 1.0);
        assert_eq!(RankMetric::RecallAt(2).of_query(&[2, 3], 2), 0.0);
        assert_eq!(RankMetric::BestRank.of_query(&[2, 3], 2), 3.0);
    }
}
