//! The Bhattacharyya distance.

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{Factors, Overlap, all_pairs, same_place},
};

/// Bhattacharyya distance `-ln int sqrt(p1 p2) = sum_k (d/(4 (v1 + v2)) + 1/2 ln((v1 + v2)/(2 sigma1 sigma2)))` with
/// `d = (mean1 - mean2)^2`. No matrix product expresses it: the cost is `O(N M D)` elementwise operations, in tiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bhattacharyya;

fn reduce(one: Factors, two: Factors) -> Tensor<3> {
    let (std1, inverse_std2) = ((one.log_var.clone() * 0.5).exp(), (two.log_var.clone() * -0.5).exp());
    let ratio = std1 * inverse_std2; // sigma1 / sigma2
    // (v1 + v2) / (2 sigma1 sigma2) is the mean of the ratio and its inverse.
    let scale = ((ratio.clone() + ratio.recip()) * 0.5).log() * 0.5;
    let gap = (one.mean - two.mean).square() / (one.log_var.exp() + two.log_var.exp()) * 0.25;
    (gap + scale).sum_dim(2)
}

impl Divergence for Bhattacharyya {
    fn name(&self) -> &'static str {
        "bhattacharyya"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        self.to_gallery(gallery).map_or_else(|| all_pairs(query, gallery, reduce), |values| values(query))
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let (overlap, all) = (Overlap::to_gallery(gallery)?, gallery.clone());
        Some(Box::new(move |query| match overlap(query) {
            Some(both) => both.narrow(1, 1, 1).squeeze_dim(1),
            None => all_pairs(query, &all, reduce),
        }))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, reduce)
    }
}
