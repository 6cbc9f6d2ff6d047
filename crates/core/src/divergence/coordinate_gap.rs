//! The smallest and the largest squared difference of one coordinate.

use burn::tensor::Tensor;
use halation_kernels::{PairFunction, pair_map};

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

impl PairFunction for CoordinateGap {
    #[inline(always)]
    fn value(&self, left: &[f32], right: &[f32]) -> f32 {
        const LANES: usize = 16;
        let ((blocks, rest), (other_blocks, other_rest)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
        let smallest = *self == Self::Smallest;
        // A NaN is taken, and stays: it is larger and smaller than nothing.
        let better = |gap: f32, best: f32| {
            let closer = if smallest { gap < best } else { gap > best };
            if closer || gap.is_nan() { gap } else { best }
        };
        let worst = if smallest { f32::INFINITY } else { f32::NEG_INFINITY };
        let mut best = [worst; LANES];
        for (block, other) in blocks.iter().zip(other_blocks) {
            for lane in 0..LANES {
                best[lane] = better((block[lane] - other[lane]).abs(), best[lane]);
            }
        }
        let rest = rest.iter().zip(other_rest).map(|(one, other)| (one - other).abs());
        let gap = best.into_iter().chain(rest).fold(worst, |best, gap| better(gap, best));
        gap * gap
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
        match pair_map(*self, &query.mean(), &gallery.mean()) {
            Some(gaps) => gaps,
            None => all_pairs(query, gallery, |one, two| self.reduce(one, two)),
        }
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, |one, two| self.reduce(one, two))
    }
}
