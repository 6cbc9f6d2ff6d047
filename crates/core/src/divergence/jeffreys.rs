//! The symmetric Kullback-Leibler divergence.

use burn::tensor::Tensor;

use super::{Direction, Divergence};
use crate::{dist::DiagNormal, pairs::relative_scatter};

/// Jeffreys divergence `KL(1 || 2) + KL(2 || 1) = 1/2 sum_k ((d + v1)/v2 + (d + v2)/v1 - 2)` with `d = (mean1 - mean2)^2`, in nats,
/// by four matrix products.
///
/// PCME's repository calls twice this plus a constant `js`; it ranks alike and is not the Jensen-Shannon divergence, for which see
/// [`SampledJensenShannon`](super::SampledJensenShannon).
#[derive(Debug, Clone, Copy, Default)]
pub struct Jeffreys;

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
        let [_, dims] = query.dims();
        let sum = relative_scatter(query, gallery) + relative_scatter(gallery, query).transpose();
        sum * 0.5 - dims as f64
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        query.kl(gallery) + gallery.kl(query)
    }
}
