//! One threshold of a verification.

/// How many pairs are accepted at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerificationPoint {
    /// Pairs that score at least this are accepted.
    pub threshold: f64,
    /// Accepted pairs that belong together.
    pub true_accepts: usize,
    /// Accepted pairs that do not.
    pub false_accepts: usize,
}
