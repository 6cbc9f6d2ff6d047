//! What training minimises. Every loss takes its targets explicitly, so that a second positive in a batch is never silently a negative.
//!
//! A loss takes tensors and returns a tensor; its last argument is Burn's [`Reduction`]. What does *not* live
//! here: sampling, mining, weighting of several losses and the optimiser's step.

mod arithmetic;
mod bag_similarity;
mod closed_form_match;
mod cross_modal_nll;
mod diversity;
mod entropy_floor;
mod generalized_normal_nll;
mod hinge;
mod hinge_negatives;
mod hinge_similarity;
mod inclusion;
mod inclusion_gap;
mod info_nce;
mod match_distance;
mod match_matrix;
mod mmd;
mod multi_instance_hinge;
mod pair_match;
mod prior_kl;
mod prolip;
mod pseudo_positives;
mod soft_contrastive;
mod uniformity;
mod w2_info_nce;

use arithmetic::*;
pub use bag_similarity::*;
pub use burn::nn::loss::Reduction;
pub use closed_form_match::*;
pub use cross_modal_nll::*;
pub use diversity::*;
pub use entropy_floor::*;
pub use generalized_normal_nll::*;
pub use hinge::*;
pub use hinge_negatives::*;
pub use hinge_similarity::*;
pub use inclusion::*;
pub use info_nce::*;
pub use match_distance::*;
pub use match_matrix::*;
pub use mmd::*;
pub use multi_instance_hinge::*;
pub use pair_match::*;
pub use prior_kl::*;
pub use prolip::*;
pub use pseudo_positives::*;
pub use soft_contrastive::*;
pub use uniformity::*;
pub use w2_info_nce::*;
