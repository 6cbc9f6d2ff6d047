//! Distributions over short sequences that are small enough to enumerate: exact answers for tests of bounds, samplers and denoisers.
//!
//! Everything is f64 on the host. What does *not* live here: anything that trains, or scales past 4096 sequences.

mod noise_kernel;
mod tabular_joint;

pub use noise_kernel::*;
pub use tabular_joint::*;
