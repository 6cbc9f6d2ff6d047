//! Invertible maps and the densities made of them.
//!
//! What does *not* live here: the maps between categories and real numbers, and losses.

#[allow(clippy::module_inception)] // the trait's file bears the trait's name
mod flow;

pub use flow::*;
