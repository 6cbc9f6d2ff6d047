//! The closed-form sampled distance of PCME++.

use burn::tensor::Tensor;

use super::{Direction, Divergence, MeanSquaredL2};
use crate::dist::DiagNormal;

/// Expected squared distance of two independent samples, `E||z1 - z2||^2 = ||mean1 - mean2||^2 + sum_k (v1_k + v2_k)`:
/// the closed-form sampled distance of PCME++ (Chun, ICLR 2024).
///
/// It is no distance: of an item to itself it is twice the trace, not zero. That pulls on the variances in training (its
/// gradient by every variance is 1), which [`SquaredWasserstein2`](super::SquaredWasserstein2) does not at equal variances.
#[derive(Debug, Clone, Copy, Default)]
pub struct Csd;

fn trace(distribution: &DiagNormal) -> Tensor<2> {
    distribution.log_var().bounded().variance().sum_dim(1) // [N, 1]
}

impl Divergence for Csd {
    fn name(&self) -> &'static str {
        "csd"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        MeanSquaredL2.pairwise(query, gallery) + trace(query) + trace(gallery).transpose()
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        MeanSquaredL2.aligned(query, gallery) + (trace(query) + trace(gallery)).squeeze_dim::<1>(1)
    }
}
