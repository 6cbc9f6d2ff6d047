//! The Kullback-Leibler divergence, in both directions.

use burn::tensor::Tensor;

use super::{Direction, Divergence};
use crate::{dist::DiagNormal, pairs::relative_scatter};

/// Kullback-Leibler divergence between query and gallery item, in nats:
/// `KL(1 || 2) = 1/2 sum_k (ln(v2/v1) + (v1 + (mean1 - mean2)^2) / v2 - 1)`, by two matrix products.
///
/// PCME's repository has the logarithm with the wrong sign: [`PcmeV1CodeKl`](super::PcmeV1CodeKl).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kl {
    /// `KL(query || gallery)`.
    Forward,
    /// `KL(gallery || query)`.
    Reverse,
}

fn log_det(distribution: &DiagNormal) -> Tensor<2> {
    distribution.log_var().bounded().0.sum_dim(1) // [N, 1]
}

fn forward(query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
    let [_, dims] = query.dims();
    let log_ratio = log_det(gallery).transpose() - log_det(query); // [N, M]
    (log_ratio + relative_scatter(query, gallery) - dims as f64) * 0.5
}

impl Divergence for Kl {
    fn name(&self) -> &'static str {
        match self {
            Self::Forward => "kl",
            Self::Reverse => "reverse-kl",
        }
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        match self {
            Self::Forward => forward(query, gallery),
            Self::Reverse => forward(gallery, query).transpose(),
        }
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        match self {
            Self::Forward => query.kl(gallery),
            Self::Reverse => gallery.kl(query),
        }
    }
}
