//! Where in its training a run is.

use serde::{Deserialize, Serialize};

/// How much of the training is complete. All counts start at 0 and epochs count on across stages.
///
/// `epoch: 2, step_in_epoch: 5` says: two whole epochs and five steps of the third are done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The stage that the next step belongs to.
    pub stage: usize,
    /// Whole epochs that are done.
    pub epoch: usize,
    /// Steps of the current epoch that are done.
    pub step_in_epoch: usize,
    /// Steps that are done in all.
    pub step: u64,
}
