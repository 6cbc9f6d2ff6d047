//! Who wins when scores are equal.

/// What happens to gallery items with exactly the score of a positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Ties {
    /// The smaller gallery index ranks first. Deterministic; the default of every metric here.
    #[default]
    ByIndex,
    /// Every non-positive ranks before a positive of the same score (positives among themselves by index): a lower bound
    /// that no order of the gallery can beat down, which shows up models whose scores saturate.
    Pessimistic,
}
