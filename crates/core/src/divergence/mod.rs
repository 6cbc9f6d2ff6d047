//! How far two distributions are from each other: the match measures of retrieval at test time.
//!
//! Every measure implements [`Divergence`]; [`Measure`] finds one by its name. What does *not* live here: ranking by the
//! values ([`metric`](crate::metric)) and training on them ([`loss`](crate::loss)).

mod best_of_points;
mod bhattacharyya;
mod coordinate_gap;
mod csd;
mod direction;
mod divergence_scores;
mod elk;
mod hellinger;
mod jeffreys;
mod joint_scores;
mod kl;
mod match_function;
mod match_probability;
mod mean_squared_l2;
mod measure;
mod measure_options;
mod pcme_v1_code_kl;
mod sample_noise;
mod sampled_dot;
mod sampled_jensen_shannon;
mod sampled_l2;
mod squared_wasserstein2;
mod traits;
mod two_way_scores;

pub use best_of_points::*;
pub use bhattacharyya::*;
pub use coordinate_gap::*;
pub use csd::*;
pub use direction::*;
pub use divergence_scores::*;
pub use elk::*;
pub use hellinger::*;
pub use jeffreys::*;
pub use kl::*;
pub use match_function::*;
pub use match_probability::*;
pub use mean_squared_l2::*;
pub use measure::*;
pub use measure_options::*;
pub use pcme_v1_code_kl::*;
pub use sample_noise::*;
pub use sampled_dot::*;
pub use sampled_jensen_shannon::*;
pub use sampled_l2::*;
pub use squared_wasserstein2::*;
pub use traits::*;
pub use two_way_scores::*;

pub use crate::pairs::ToGallery;
