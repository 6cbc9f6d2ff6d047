//! The squared distance of the means alone.

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{CentredGallery, squared_distance},
};

/// Squared Euclidean distance of the means, `||mean1 - mean2||^2`; the variances are ignored.
///
/// For unit means it ranks like the cosine: `||mean1 - mean2||^2 = 2 - 2 cos`.
#[derive(Debug, Clone, Copy, Default)]
pub struct MeanSquaredL2;

impl Divergence for MeanSquaredL2 {
    fn name(&self) -> &'static str {
        "mean-l2"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        squared_distance(query.mean(), gallery.mean())
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let gallery = CentredGallery::new(gallery.mean()).laid_out();
        Some(Box::new(move |query| gallery.squared_distance(query.mean())))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        (query.mean() - gallery.mean()).square().sum_dim(1).squeeze_dim(1)
    }
}
