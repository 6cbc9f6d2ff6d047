//! Invertible maps and the densities made of them.
//!
//! [`argmax`] has the maps between categories and real numbers. What does *not* live here: losses.

pub mod argmax;
#[allow(clippy::module_inception)] // the trait's file bears the trait's name
mod flow;
mod lstm;
mod lstm_direction;
mod lstm_layer;
mod lstm_memory;

pub use flow::*;
pub use lstm::*;
pub use lstm_direction::*;
pub use lstm_layer::*;
pub use lstm_memory::*;
