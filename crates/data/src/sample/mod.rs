//! Batch order as a function of seed and epoch.

mod keyed_rng;
mod order;
mod pair_batch;
mod pair_sampler;

pub use keyed_rng::*;
pub use order::*;
pub use pair_batch::*;
pub use pair_sampler::*;
