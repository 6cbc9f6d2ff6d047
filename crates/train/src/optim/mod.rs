//! Learning-rate schedules, optimisers as recipes name them, parameter groups, and clipping by the global norm.
//!
//! What does *not* live here: the optimisers that Burn has.

mod adamax;
mod adamp;
mod clip;
mod layer_decay;
mod not_finite_gradient;
mod optimizer_spec;
mod param_groups;
mod param_rule;
mod param_settings;
mod scaled;
mod schedule;

pub use adamax::*;
pub use adamp::*;
pub use clip::*;
pub use layer_decay::*;
pub use not_finite_gradient::*;
pub use optimizer_spec::*;
pub use param_groups::*;
pub use param_rule::*;
pub use param_settings::*;
pub use schedule::*;
