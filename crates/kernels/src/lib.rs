//! Operations that Burn's CPU backend (Flex) is slow at in parts, as one pass over the data on all cores, with a gradient of
//! their own.
//!
//! Functions that may be on the way to a loss have two forms that compute the same: Burn's own operations one after another, on any
//! backend and any type of float, and, with the feature `flex`, a fast form for `f32` on Flex. Callers see neither: the tensors
//! decide. [`pair_map`], [`plane_map`] and [`row_map`] have the fast form alone, and say `None` elsewhere. What is gained is measured by `cargo xtask bench`.

mod attention;
mod function;
mod gru;
mod layer_norm;
mod lstm;
pub mod math;
mod memory;
mod pair_map;
mod plane_map;
mod pointwise;
mod row_map;
mod softmax;

#[cfg(feature = "flex")]
mod flex;

pub use attention::attention;
pub use function::{Function, map};
pub use gru::gru;
pub use layer_norm::layer_norm;
pub use lstm::{lstm, lstm_cell};
pub use memory::keep_freed_memory;
pub use pair_map::{PairFunction, has_row_form, pair_map};
pub use plane_map::{PlaneFunction, plane_map};
pub use pointwise::{exponential, gelu, gelu_tanh, log_sigmoid, mish, sigmoid, silu, softplus, tanh};
pub use row_map::{RowFunction, row_map};
pub use softmax::{log_softmax, softmax};
