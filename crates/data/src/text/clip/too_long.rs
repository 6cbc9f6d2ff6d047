//! Captions that exceed a text tower's context.

use serde::{Deserialize, Serialize};

/// What becomes of a caption that is longer than the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TooLong {
    /// An error that states the length.
    #[default]
    Refuse,
    /// Its last tokens are cut off; the end token stays.
    Truncate,
}
