//! Steps that were drawn, and with which probability.

/// One step for each sequence of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnTimes {
    /// The steps, in `1..=T`.
    pub t: Vec<usize>,
    /// The probability `q(t)` of each.
    pub q_t: Vec<f64>,
}
