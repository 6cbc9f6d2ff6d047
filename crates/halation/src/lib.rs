//! Embeddings and generative models with distributions, on Burn: every layer under one name.
//!
//! This crate has no code of its own. Depend on a single layer (`halation-core`, ..) where one is enough.

pub use halation_core as core;
pub use halation_data as data;
pub use halation_models as models;
#[cfg(feature = "train")]
pub use halation_train as train;
