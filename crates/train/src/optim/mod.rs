//! Learning-rate schedules, optimisers as recipes name them, and clipping by the global norm.
//!
//! What does *not* live here: the optimisers that Burn has.

mod adamp;
mod clip;
mod not_finite_gradient;
mod optimizer_spec;
mod schedule;

pub use adamp::*;
pub use clip::*;
pub use not_finite_gradient::*;
pub use optimizer_spec::*;
pub use schedule::*;
