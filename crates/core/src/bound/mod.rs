//! Bounds on a log-likelihood, gathered over a data set: exact weights for ragged batches, one log-sum-exp for many samples.
//!
//! What does *not* live here: the models that give the terms.

mod elbo_accumulator;
mod iwbo_accumulator;

pub use elbo_accumulator::*;
pub use iwbo_accumulator::*;
