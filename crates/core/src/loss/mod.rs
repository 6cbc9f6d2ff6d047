//! What training minimises. Every loss takes its targets explicitly, so that a second positive in a batch is never silently a negative.
//!
//! A loss takes tensors and returns a tensor; its last argument is Burn's [`Reduction`]. What does *not* live
//! here: sampling, mining, weighting of several losses and the optimiser's step.

mod info_nce;
mod match_matrix;
mod prior_kl;
mod soft_contrastive;
mod uniformity;

pub use burn::nn::loss::Reduction;
pub use info_nce::*;
pub use match_matrix::*;
pub use prior_kl::*;
pub use soft_contrastive::*;
pub use uniformity::*;

use burn::tensor::Tensor;

/// A zero that still hangs on `tensor`, so that a backward pass through it runs and gives zero gradients.
fn zero_of<const R: usize>(tensor: Tensor<R>) -> Tensor<1> {
    (tensor * 0.0).sum()
}
