//! The size that label maps are read at.

use crate::image::DecodeLimits;
use serde::{Deserialize, Serialize};

/// To what size label maps are shrunk, and how large files may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LabelMapOptions {
    /// Height, H, pixels.
    pub height: usize,
    /// Width, W, pixels.
    pub width: usize,
    /// How large a file may be.
    pub limits: DecodeLimits,
}

impl Default for LabelMapOptions {
    /// 32 x 64, the size of the published experiments.
    fn default() -> Self {
        Self { height: 32, width: 64, limits: DecodeLimits::default() }
    }
}
