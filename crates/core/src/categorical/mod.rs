//! Categorical distributions in log space: the class axis is last, all logarithms are natural.
//!
//! What does *not* live here: where the noise of a sample comes from (every sampler takes it as an argument), and continuous
//! distributions ([`dist`](crate::dist)).

#[allow(clippy::module_inception)] // one public type per file, named after it
mod categorical;
mod categorical_kl;
mod log_space;

pub use categorical::*;
pub use categorical_kl::*;
pub use log_space::*;
