//! What a paired comparison of two runs found.

/// The difference of two runs over the same queries, with its uncertainty; made by [`PairedTest::compare`](super::PairedTest::compare).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedSignificance {
    /// Number of queries that have the metric.
    pub queries: usize,
    /// Mean of the second run less mean of the first.
    pub difference: f64,
    /// Percentile interval of the paired bootstrap around the difference: lower and upper end.
    pub interval: [f64; 2],
    /// Two-sided p of the sign-flip test of "no difference"; 1 if no query differs.
    pub p: f64,
    /// Whether all sign flips were enumerated, so that `p` has no sampling error.
    pub exact: bool,
}

impl PairedSignificance {
    /// Whether "no difference" is rejected at `level` (such as 0.05).
    pub fn rejects_equality(&self, level: f64) -> bool {
        self.p <= level
    }
}
