//! Which way a measure points.

use burn::tensor::Tensor;

/// Whether closer pairs have smaller or larger values. Whoever ranks asks this instead of knowing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A distance or divergence: zero or little means the same.
    SmallerIsCloser,
    /// A similarity or log-probability.
    LargerIsCloser,
}

impl Direction {
    /// The values as scores, where larger is always closer: negated if smaller was.
    pub fn to_scores<const R: usize>(self, values: Tensor<R>) -> Tensor<R> {
        match self {
            Self::SmallerIsCloser => -values,
            Self::LargerIsCloser => values,
        }
    }
}
