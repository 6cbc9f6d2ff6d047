//! One image of a caption set.

use std::path::PathBuf;
use std::sync::Arc;

/// An image with the identity it keeps through every file this workspace writes.
#[derive(Debug, Clone)]
pub struct ImageItem {
    /// Unique within the set.
    pub id: String,
    /// Where the pixels are.
    pub source: ImageSource,
}

/// Where the pixels of an image are.
#[derive(Debug, Clone)]
pub enum ImageSource {
    /// An encoded file on disk.
    File(PathBuf),
    /// An encoded file in memory (a member of an archive).
    Encoded(Arc<[u8]>),
    /// Decoded pixels (a generated world).
    Pixels(Arc<::image::RgbImage>),
}
