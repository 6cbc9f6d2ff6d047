//! Invertible maps and the densities made of them.
//!
//! [`argmax`] has the maps between categories and real numbers, [`latent`] the auto-encoder with a flow for its prior. What does *not* live here: losses.

pub mod argmax;
#[allow(clippy::module_inception)] // the trait's file bears the trait's name
mod flow;
pub mod latent;
mod lstm;
mod lstm_direction;
mod lstm_layer;
mod lstm_memory;

pub use flow::*;
pub use lstm::*;
pub use lstm_direction::*;
pub use lstm_layer::*;
pub use lstm_memory::*;
