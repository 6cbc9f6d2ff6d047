//! How much of a clean class is left at each step of the noise.

mod cosine_variant;
mod monotone_cubic;
mod noise_schedule;
mod schedule_kind;

pub use cosine_variant::*;
pub use noise_schedule::*;
pub use schedule_kind::*;
