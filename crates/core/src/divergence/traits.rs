//! The interface of every measure between distributions.

use std::fmt::Debug;

use burn::tensor::Tensor;

use super::{Direction, ToGallery};
use crate::dist::DiagNormal;

/// A measure of how far (or close) normal distributions are: a value with a name and a direction.
///
/// All of them accept any finite mean and log standard deviation without producing NaN: variances count within 1e-12 and 1e20
/// ([`LogVar::bounded`](crate::dist::LogVar::bounded)), and what exceeds an `f32` becomes infinite. All are differentiable.
///
/// Forms by matrix products subtract large terms from each other, so their absolute error grows with the size of those terms:
/// about 1e-7 times the largest of `||mean||^2`, `||mean||^2 / v` and `v1 / v2` in an `f32`. Means are centred first.
pub trait Divergence: Debug + Send + Sync {
    /// The name by which [`Measure`](super::Measure) finds it.
    fn name(&self) -> &'static str;

    /// Whether smaller or larger values are closer.
    fn direction(&self) -> Direction;

    /// Whether query and gallery may be exchanged, in sampled measures together with their draws
    /// ([`SampleNoise::exchanged`](super::SampleNoise::exchanged)): one matrix then serves both directions of retrieval.
    fn is_symmetric(&self) -> bool {
        false
    }

    /// The value of every query with every gallery item. Memory stays within a bounded tile beyond the `[N, M]` of the result: the
    /// `[N, M, D]` of all differences never exists.
    ///
    /// # Shapes
    /// * `query`: `[N, D]`, `gallery`: `[M, D]`
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the dimensions differ, or a side is empty.
    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2>;

    /// [`pairwise`](Self::pairwise) against one gallery, for queries that come in blocks: what depends on the gallery alone is
    /// computed once. `None`, the default, where that would save little.
    ///
    /// # Panics
    /// If the gallery is empty; the function, if dimensions differ.
    fn to_gallery(&self, _gallery: &DiagNormal) -> Option<ToGallery> {
        None
    }

    /// The value of every query with the gallery item in the same place: the diagonal of [`pairwise`](Self::pairwise).
    ///
    /// # Shapes
    /// * `query`, `gallery`: `[N, D]`
    /// * returns: `[N]`
    ///
    /// # Panics
    /// If the shapes differ.
    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1>;
}
