//! The expected likelihood kernel.

use std::f64::consts::PI;

use burn::tensor::Tensor;

use super::{Direction, Divergence, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{Factors, Overlap, all_pairs, same_place},
};

/// Logarithm of the expected likelihood kernel (Jebara et al., 2004), the density of `z1 - z2` at zero:
/// `ln int p1 p2 = -1/2 sum_k (d/(v1 + v2) + ln(v1 + v2) + ln 2 pi)` with `d = (mean1 - mean2)^2`. Larger is closer.
///
/// No matrix product expresses it: the cost is `O(N M D)` elementwise operations, in tiles.
#[derive(Debug, Clone, Copy, Default)]
pub struct Elk;

fn reduce(one: Factors, two: Factors) -> Tensor<3> {
    let variance = one.log_var.exp() + two.log_var.exp();
    let gap = (one.mean - two.mean).square();
    (gap / variance.clone() + variance.log() + (2.0 * PI).ln()).sum_dim(2) * -0.5
}

impl Divergence for Elk {
    fn name(&self) -> &'static str {
        "elk"
    }

    fn direction(&self) -> Direction {
        Direction::LargerIsCloser
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
            Some(both) => both.narrow(1, 0, 1).squeeze_dim(1),
            None => all_pairs(query, &all, reduce),
        }))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        same_place(query, gallery, reduce)
    }
}
