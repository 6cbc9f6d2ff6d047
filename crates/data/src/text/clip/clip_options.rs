//! How captions become CLIP tokens.

use super::{ClipCleaning, TooLong};
use serde::{Deserialize, Serialize};

/// How a [`ClipTokenizer`](super::ClipTokenizer) treats captions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClipOptions {
    /// What is done to the text first.
    pub cleaning: ClipCleaning,
    /// The longest sequence, start and end included.
    pub context: usize,
    /// What becomes of a longer caption.
    pub too_long: TooLong,
}

impl Default for ClipOptions {
    /// The published cleaning, 77 tokens, an error for longer captions.
    fn default() -> Self {
        Self { cleaning: ClipCleaning::Published, context: 77, too_long: TooLong::Refuse }
    }
}
