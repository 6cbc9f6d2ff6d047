//! Mathematics of embeddings with distributions: tensors and slices in, numbers out.
//!
//! * [`bound`]: bounds on a log-likelihood, gathered over a data set.
//! * [`categorical`]: categorical distributions in log space.
//! * [`dist`]: distributions over embedding space, and the unit types of their scale.
//! * [`divergence`]: how far two distributions are from each other.
//! * [`loss`]: what training minimises; every loss takes its targets explicitly.
//! * [`metric`]: whole-set retrieval and uncertainty metrics over slices, exact, with deterministic ties.
//! * [`oracle`]: distributions over short sequences that can be enumerated, for tests.
//! * [`mod@unit`]: nats and bits.
//!
//! What does *not* live here: files and formats, trainable encoders, device choice, randomness that is not an argument.

pub mod bound;
pub mod categorical;
pub mod dist;
pub mod divergence;
mod error;
pub mod loss;
pub mod metric;
pub mod oracle;
mod pairs;
pub mod unit;

pub use error::CoreError;
