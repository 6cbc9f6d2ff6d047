//! Model, optimiser and state on disk, byte for byte the same for the same training.
//!
//! Burn gives parameters random identities and keeps the optimiser's states in a hash map, so its own files differ between
//! two equal runs. Here every parameter's identity is a function of its path, and tensors are written in a fixed order.

mod canonical;
#[expect(clippy::module_inception, reason = "one public type per file, named after it")]
mod checkpoint;
mod model;
mod optimizer;
mod stable_ids;
mod verified;

pub(crate) use checkpoint::*;
pub use model::*;
pub use optimizer::*;
pub use stable_ids::*;
pub(crate) use verified::*;
