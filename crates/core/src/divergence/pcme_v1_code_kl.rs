//! The score that PCME's repository calls `kl`.

use burn::tensor::Tensor;

use super::{Direction, Divergence};
use crate::{
    dist::DiagNormal,
    pairs::{relative_scatter, same_place},
};

/// What the repository of PCME computes under the name `kl`: `sum_k (ln(v1/v2) + (v1 + (mean1 - mean2)^2) / v2)`.
///
/// The logarithm has the opposite sign of a Kullback-Leibler divergence, so this is not one: it may be negative, and a query is not
/// closest to itself. It exists to reproduce that repository's rankings; use [`Kl`](super::Kl).
#[derive(Debug, Clone, Copy, Default)]
pub struct PcmeV1CodeKl;

fn log_det(distribution: &DiagNormal) -> Tensor<2> {
    distribution.log_var().bounded().0.sum_dim(1) // [N, 1]
}

impl Divergence for PcmeV1CodeKl {
    fn name(&self) -> &'static str {
        "pcme-v1-code-kl"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        log_det(query) - log_det(gallery).transpose() + relative_scatter(query, gallery)
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, |one, two| {
            let log_ratio = one.log_var - two.log_var.clone();
            let gap = (one.mean - two.mean).square();
            (log_ratio.clone() + log_ratio.exp() + gap * (-two.log_var).exp()).sum_dim(2)
        })
    }
}
