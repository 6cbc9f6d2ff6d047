//! The Kullback-Leibler divergence, in both directions.

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{ScatterGallery, log_det},
};

/// Kullback-Leibler divergence between query and gallery item, in nats:
/// `KL(1 || 2) = 1/2 sum_k (ln(v2/v1) + (v1 + (mean1 - mean2)^2) / v2 - 1)`, by a matrix product of twice the width.
///
/// PCME's repository has the logarithm with the wrong sign: [`PcmeV1CodeKl`](super::PcmeV1CodeKl).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kl {
    /// `KL(query || gallery)`.
    Forward,
    /// `KL(gallery || query)`.
    Reverse,
}

impl Kl {
    /// The values of blocks of queries with `gallery`.
    fn prepared(self, gallery: &DiagNormal) -> impl Fn(&DiagNormal) -> Tensor<2> + Send + Sync + use<> {
        let [_, dims] = gallery.dims();
        let scatter = match self {
            Self::Forward => ScatterGallery::of_centres(gallery),
            Self::Reverse => ScatterGallery::of_scatters(gallery),
        };
        let gallery_log_det = log_det(gallery).transpose(); // [1, M]
        move |query| {
            let log_ratio = match self {
                Self::Forward => gallery_log_det.clone() - log_det(query),
                Self::Reverse => -gallery_log_det.clone() + log_det(query),
            }; // [N, M]
            (log_ratio + scatter.scatter(query) - dims as f64) * 0.5
        }
    }
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
        self.prepared(gallery)(query)
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        Some(Box::new(self.prepared(gallery)))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        match self {
            Self::Forward => query.kl(gallery),
            Self::Reverse => gallery.kl(query),
        }
    }
}
