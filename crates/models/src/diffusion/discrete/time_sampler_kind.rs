//! Ways to draw the steps of a batch.

use serde::{Deserialize, Serialize};

/// How [`TimeSampler`](super::TimeSampler) draws steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeSamplerKind {
    /// Each step with probability `1/T`.
    Uniform,
    /// In proportion to the root of the mean squared term, once every step was seen more than ten times: the published
    /// code (after Nichol and Dhariwal 2021).
    #[default]
    Importance,
    /// Each step with probability `1/T`, spread evenly over the batch: `(u + b/B) mod 1`.
    Stratified,
}
