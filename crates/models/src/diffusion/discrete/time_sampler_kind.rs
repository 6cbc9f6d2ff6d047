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
    ///
    /// A step whose first terms happen to be tiny is hardly drawn again, whatever becomes of the network there. With few
    /// sequences that happens at low noise, where most of them are unchanged: one of three short runs on bytes ended at 65 bits
    /// for that reason.
    Importance,
    /// A tenth of the draws as [`Uniform`](Self::Uniform), the others as [`Importance`](Self::Importance): no step is drawn less often
    /// than `0.1 / T`.
    #[default]
    GuardedImportance,
    /// Each step with probability `1/T`, spread evenly over the batch: `(u + b/B) mod 1`.
    Stratified,
}
