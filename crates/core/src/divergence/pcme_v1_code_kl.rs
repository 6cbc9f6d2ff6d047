//! The score that PCME's repository calls `kl`.

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{ScatterGallery, log_det, same_place},
};

/// What the repository of PCME computes under the name `kl`: `sum_k (ln(v1/v2) + (v1 + (mean1 - mean2)^2) / v2)`.
///
/// The logarithm has the opposite sign of a Kullback-Leibler divergence, so this is not one: it may be negative, and a query is not
/// closest to itself. It exists to reproduce that repository's rankings; use [`Kl`](super::Kl).
#[derive(Debug, Clone, Copy, Default)]
pub struct PcmeV1CodeKl;

/// The values of blocks of queries with `gallery`.
fn prepared(gallery: &DiagNormal) -> impl Fn(&DiagNormal) -> Tensor<2> + Send + Sync + use<> {
    let (scatter, gallery_log_det) = (ScatterGallery::of_centres(gallery), log_det(gallery).transpose());
    move |query| log_det(query) - gallery_log_det.clone() + scatter.scatter(query)
}

impl Divergence for PcmeV1CodeKl {
    fn name(&self) -> &'static str {
        "pcme-v1-code-kl"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        prepared(gallery)(query)
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        Some(Box::new(prepared(gallery)))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, |one, two| {
            let log_ratio = one.log_var - two.log_var.clone();
            let gap = (one.mean - two.mean).square();
            (log_ratio.clone() + log_ratio.exp() + gap * (-two.log_var).exp()).sum_dim(2)
        })
    }
}
