//! The squared Hellinger distance.

use burn::tensor::Tensor;

use super::{Bhattacharyya, Direction, Divergence, ToGallery};
use crate::dist::DiagNormal;

/// Squared Hellinger distance `1 - exp(-B)`, in `[0, 1]`, where `B` is the [`Bhattacharyya`] distance.
///
/// It ranks like `B` but saturates: in an `f32` every pair past `B = 17` ties at 1. Rank by `B`, report this.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hellinger;

/// `1 - exp(-x)` for `x >= 0`, written so that small `x` keep their digits.
fn one_minus_exp<const R: usize>(x: Tensor<R>) -> Tensor<R> {
    let half = (x * 0.5).tanh();
    half.clone() * 2.0 / (half + 1.0)
}

impl Divergence for Hellinger {
    fn name(&self) -> &'static str {
        "hellinger"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        one_minus_exp(Bhattacharyya.pairwise(query, gallery))
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let distance = Bhattacharyya.to_gallery(gallery)?;
        Some(Box::new(move |query| one_minus_exp(distance(query))))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        one_minus_exp(Bhattacharyya.aligned(query, gallery))
    }
}
