//! Sources of symbols and label maps whose entropy is known, so that a model's bits can be held against the truth.
//!
//! [`MarkovChain`] has exact entropies, probabilities and predictors; [`ChainConfig`] names the two that experiments
//! use. [`LabelWorld`] draws label maps.
//!
//! What does *not* live here: real text and label maps (see [`source`](crate::source)), models.

mod chain_config;
mod label_world;
mod label_world_kind;
mod markov_chain;

pub use chain_config::*;
pub use label_world::*;
pub use label_world_kind::*;
pub use markov_chain::*;
