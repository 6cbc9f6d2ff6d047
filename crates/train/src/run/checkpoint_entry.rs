//! One checkpoint, as the manifest names it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Position;

/// A checkpoint directory and what its files must be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointEntry {
    /// The directory's name below `checkpoints/`.
    pub name: String,
    /// What had been done when it was saved.
    pub position: Position,
    /// The length of `metrics.jsonl` at that moment.
    pub metrics_bytes: u64,
    /// File name to SHA-256.
    pub files: BTreeMap<String, String>,
}
