//! The end of the cosine schedule: as published in the paper, or as in its code.

/// How the cosine schedule ends. Only the last step differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CosineVariant {
    /// The ratio of two squared levels is at least 1e-3, so `alpha_T = 0.0316`: the published code.
    #[default]
    Clipped,
    /// `abar_T = 0` (as `1e-16`, the cosine of a right angle in `f64`): the formula of the paper.
    Exact,
}
