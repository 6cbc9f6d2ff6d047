//! The squared 2-Wasserstein distance.

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{CentredGallery, squared_distance},
};

/// Squared 2-Wasserstein distance, `||mean1 - mean2||^2 + ||sigma1 - sigma2||^2`: plain Euclidean distance of the concatenated
/// means and standard deviations, so any nearest-neighbour index can serve it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SquaredWasserstein2;

/// Means and standard deviations side by side, `[N, 2D]`.
fn coordinates(distribution: &DiagNormal) -> Tensor<2> {
    let std = distribution.log_var().bounded().log_std().std();
    Tensor::cat(vec![distribution.mean(), std], 1)
}

impl Divergence for SquaredWasserstein2 {
    fn name(&self) -> &'static str {
        "w2"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        squared_distance(coordinates(query), coordinates(gallery))
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let gallery = CentredGallery::new(coordinates(gallery)).laid_out();
        Some(Box::new(move |query| gallery.squared_distance(coordinates(query))))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        (coordinates(query) - coordinates(gallery)).square().sum_dim(1).squeeze_dim(1)
    }
}
