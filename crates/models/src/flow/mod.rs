//! Invertible maps and the densities made of them.
//!
//! [`argmax`] has the maps between categories and real numbers. What does *not* live here: losses.

pub mod argmax;
#[allow(clippy::module_inception)] // the trait's file bears the trait's name
mod flow;

pub use flow::*;
