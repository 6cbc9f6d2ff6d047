//! Shared arithmetic over all pairs of two batches: distances by matrix product, tiles of bounded memory, sample sets.
//!
//! Private to the crate: losses and divergences are the public face.

mod centred_gallery;
mod factors;
mod flipped_samples;
mod flipped_scatter;
mod flips;
mod gram;
mod log_product;
mod overlap;
mod samples;
mod scatter;
mod tiles;
mod to_gallery;

pub(crate) use centred_gallery::*;
pub(crate) use factors::*;
pub(crate) use flipped_samples::*;
pub(crate) use flipped_scatter::*;
pub(crate) use flips::flipped;
pub(crate) use gram::*;
pub(crate) use overlap::*;
pub(crate) use samples::*;
pub(crate) use scatter::*;
pub(crate) use tiles::*;
pub use to_gallery::*;
