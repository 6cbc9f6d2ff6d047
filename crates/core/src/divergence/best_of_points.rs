//! The best pair of two sets of points.

use burn::tensor::Tensor;

use super::{Direction, Divergence};
use crate::{CoreError, dist::DiagNormal, loss::BagSimilarity};

/// Largest cosine between a point of one set and a point of the other, `max_kl cos(x_k, y_l)`: how PVSE (Song and Soleymani, CVPR
/// 2019) ranks. The `K` points of an item lie side by side in its mean, `[N, K D]`; variances are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BestOfPoints {
    points: usize,
}

impl BestOfPoints {
    /// The measure between sets of `points` points.
    ///
    /// # Errors
    /// For none.
    pub fn new(points: usize) -> Result<Self, CoreError> {
        if points == 0 {
            return Err(CoreError::argument("points", points, "at least 1"));
        }
        Ok(Self { points })
    }

    fn set(self, items: &DiagNormal) -> Tensor<3> {
        let [count, width] = items.dims();
        assert!(width.is_multiple_of(self.points), "{width} numbers are not {} points", self.points);
        items.mean().reshape([count, self.points, width / self.points])
    }
}

impl Divergence for BestOfPoints {
    fn name(&self) -> &'static str {
        "best-of-points"
    }

    fn direction(&self) -> Direction {
        Direction::LargerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        BagSimilarity::Max.pairwise(self.set(query), self.set(gallery))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        BagSimilarity::Max.aligned(self.set(query), self.set(gallery))
    }
}
