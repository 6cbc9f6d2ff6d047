//! Mathematics of embeddings with distributions: tensors and slices in, numbers out.
//!
//! * [`dist`]: distributions over embedding space, and the unit types of their scale.
//! * [`divergence`]: how far two distributions are from each other.
//! * [`loss`]: what training minimises; every loss takes its targets explicitly.
//! * [`metric`]: whole-set retrieval and uncertainty metrics over slices, exact, with deterministic ties.
//!
//! What does *not* live here: files and formats, trainable encoders, device choice, randomness that is not an argument.

pub mod dist;
pub mod divergence;
mod error;
pub mod loss;
pub mod metric;
mod pairs;

pub use error::CoreError;
