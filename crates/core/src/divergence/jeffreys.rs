//! The symmetric Kullback-Leibler divergence.

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{dist::DiagNormal, pairs::ScatterGallery};

/// Jeffreys divergence `KL(1 || 2) + KL(2 || 1) = 1/2 sum_k ((d + v1)/v2 + (d + v2)/v1 - 2)` with `d = (mean1 - mean2)^2`, in nats,
/// by two matrix products of twice the width.
///
/// PCME's repository calls twice this plus a constant `js`; it ranks alike and is not the Jensen-Shannon divergence, for which see
/// [`SampledJensenShannon`](super::SampledJensenShannon).
#[derive(Debug, Clone, Copy, Default)]
pub struct Jeffreys;

/// The values of blocks of queries with `gallery`.
fn prepared(gallery: &DiagNormal) -> impl Fn(&DiagNormal) -> Tensor<2> + Send + Sync + use<> {
    let [_, dims] = gallery.dims();
    let (centres, scatters) = (ScatterGallery::of_centres(gallery), ScatterGallery::of_scatters(gallery));
    move |query| (centres.scatter(query) + scatters.scatter(query)) * 0.5 - dims as f64
}

impl Divergence for Jeffreys {
    fn name(&self) -> &'static str {
        "jeffreys"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        prepared(gallery)(query)
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        Some(Box::new(prepared(gallery)))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        query.kl(gallery) + gallery.kl(query)
    }
}
