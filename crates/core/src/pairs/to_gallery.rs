//! What a gallery that was made ready is.

use burn::tensor::Tensor;

use crate::dist::DiagNormal;

/// The values `[N, M]` of `N` queries with every item of a gallery: what
/// [`Divergence::to_gallery`](crate::divergence::Divergence::to_gallery) gives.
pub type ToGallery = Box<dyn Fn(&DiagNormal) -> Tensor<2> + Send + Sync>;
