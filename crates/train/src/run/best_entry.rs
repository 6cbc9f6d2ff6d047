//! The best checkpoint so far, as the manifest names it.

use serde::{Deserialize, Serialize};

use super::{CheckpointEntry, Goal};

/// The checkpoint with the best value of the watched metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestEntry {
    /// The watched metric, as validation names it.
    pub metric: String,
    /// Which direction is better.
    pub goal: Goal,
    /// The best value.
    pub value: f64,
    /// The checkpoint that has it.
    pub checkpoint: CheckpointEntry,
}
