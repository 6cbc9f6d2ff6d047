//! Batch order and batch mixing as functions of seed and epoch.

mod batch_mixer;
mod keyed_rng;
mod order;
mod pair_batch;
mod pair_sampler;

pub use batch_mixer::*;
pub use keyed_rng::*;
pub use order::*;
pub use pair_batch::*;
pub use pair_sampler::*;
