//! The smallest and the largest squared difference of one coordinate.

use burn::tensor::Tensor;

use super::{Direction, Divergence};
use crate::{
    dist::DiagNormal,
    pairs::{Factors, all_pairs, same_place},
};

/// The squared difference of the means in one coordinate, `min_k (mean1_k - mean2_k)^2` or `max_k`: the measures `min` and `max` of
/// PCME's repository. They use little of the embedding; `O(N M D)` in tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoordinateGap {
    /// The coordinate in which the means are nearest.
    Smallest,
    /// The coordinate in which the means are farthest: the squared Chebyshev distance.
    Largest,
}

impl CoordinateGap {
    fn reduce(self, one: Factors, two: Factors) -> Tensor<3> {
        let gaps = (one.mean - two.mean).square();
        match self {
            Self::Smallest => gaps.min_dim(2),
            Self::Largest => gaps.max_dim(2),
        }
    }
}

impl Divergence for CoordinateGap {
    fn name(&self) -> &'static str {
        match self {
            Self::Smallest => "min-coordinate",
            Self::Largest => "max-coordinate",
        }
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        all_pairs(query, gallery, |one, two| self.reduce(one, two))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, |one, two| self.reduce(one, two))
    }
}
