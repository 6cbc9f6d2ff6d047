//! Which direction of a metric is better.

use serde::{Deserialize, Serialize};

/// Whether a larger or a smaller value of a metric is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// Larger is better, as for a recall.
    Maximize,
    /// Smaller is better, as for a loss.
    Minimize,
}

impl Goal {
    /// Whether `new` is strictly better than `old`; a tie keeps the earlier one, and NaN is never better.
    pub fn is_better(self, new: f64, old: f64) -> bool {
        match self {
            Self::Maximize => new > old,
            Self::Minimize => new < old,
        }
    }
}
