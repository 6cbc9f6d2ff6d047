//! How large an image may be before it is refused.

use serde::{Deserialize, Serialize};

/// Limits that hold before any pixel is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecodeLimits {
    /// Largest width in pixels.
    pub max_width: u32,
    /// Largest height in pixels.
    pub max_height: u32,
    /// Largest number of bytes for the decoded pixels: those of the file's own colour type and the RGB copy together.
    pub max_alloc: u64,
    /// Largest encoded file in bytes.
    pub max_file: u64,
}

impl Default for DecodeLimits {
    /// 16,384 x 16,384 pixels, 512 MiB decoded, 256 MiB encoded: past any camera, far below what a hostile header asks for.
    fn default() -> Self {
        Self { max_width: 16_384, max_height: 16_384, max_alloc: 512 << 20, max_file: 256 << 20 }
    }
}
