//! The smallest and the largest squared difference of one coordinate.

use burn::tensor::Tensor;
use halation_kernels::math::LANES;
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
    /// Both values of all pairs, `[N, 2, M]`; `None` where [`pair_map`] has no form.
    pub(super) fn both(query: &DiagNormal, gallery: &DiagNormal) -> Option<Tensor<3>> {
        pair_map(BothGaps, &query.mean(), &gallery.mean())
    }

    fn reduce(self, one: Factors, two: Factors) -> Tensor<3> {
        let gaps = (one.mean - two.mean).square();
        match self {
            Self::Smallest => gaps.min_dim(2),
            Self::Largest => gaps.max_dim(2),
        }
    }
}

/// The smallest and the largest squared difference of one coordinate.
#[derive(Debug, Clone, Copy)]
struct BothGaps;

impl PairFunction<2> for BothGaps {
    #[inline(always)]
    fn values(&self, left: &[f32], right: &[f32]) -> [f32; 2] {
        let ((blocks, rest), (other_blocks, other_rest)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
        let (mut smallest, mut largest) = ([f32::INFINITY; LANES], [0.0_f32; LANES]);
        // Comparisons pass over a NaN, a sum keeps it.
        let mut sum = [0.0_f32; LANES];
        for (block, other) in blocks.iter().zip(other_blocks) {
            for lane in 0..LANES {
                let gap = (block[lane] - other[lane]).abs();
                smallest[lane] = if gap < smallest[lane] { gap } else { smallest[lane] };
                largest[lane] = if gap > largest[lane] { gap } else { largest[lane] };
                sum[lane] += gap;
            }
        }
        for (lane, (one, other)) in rest.iter().zip(other_rest).enumerate() {
            let gap = (one - other).abs();
            smallest[lane] = smallest[lane].min(gap);
            largest[lane] = largest[lane].max(gap);
            sum[lane] += gap;
        }
        if sum.iter().any(|sum| sum.is_nan()) {
            return [f32::NAN; 2];
        }
        let smallest = smallest.into_iter().fold(f32::INFINITY, f32::min);
        let largest = largest.into_iter().fold(0.0, f32::max);
        [smallest * smallest, largest * largest]
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
        match Self::both(query, gallery) {
            Some(both) => {
                let index = match self {
                    Self::Smallest => 0,
                    Self::Largest => 1,
                };
                both.narrow(1, index, 1).squeeze_dim(1)
            }
            None => all_pairs(query, gallery, |one, two| self.reduce(one, two)),
        }
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, |one, two| self.reduce(one, two))
    }
}
