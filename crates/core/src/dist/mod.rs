//! Distributions over embedding space and the unit types of their scale: batch first, event dimension last; and the scalar ones that
//! flows are made of.
//!
//! What does *not* live here: how two of them are compared ([`divergence`](crate::divergence)), and where the noise of a
//! sample comes from (every sampler takes it as an argument).

mod diag_normal;
mod diag_normal_mixture;
mod generalized_normal;
mod gumbel;
mod ln_gamma;
mod log_std;
mod log_var;
mod logistic;
mod logistic_mixture;
mod standard_kl_term;
mod truncated_gumbel;

pub use diag_normal::*;
pub use diag_normal_mixture::*;
pub use generalized_normal::*;
pub use gumbel::*;
pub use ln_gamma::*;
pub use log_std::*;
pub use log_var::*;
pub use logistic::*;
pub use logistic_mixture::*;
pub use truncated_gumbel::*;
