//! One image of a caption set.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::ImageStore;

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
    /// An encoded file inside a larger one that does not compress it (a member of a tar shard).
    Part {
        /// The file that holds it.
        file: Arc<Path>,
        /// Where it starts, bytes.
        offset: u64,
        /// How long it is, bytes.
        length: u64,
    },
    /// An encoded file that a store digs out (a row of a Parquet shard).
    Stored {
        /// The store.
        store: Arc<dyn ImageStore>,
        /// Which of its images.
        index: usize,
    },
    /// Decoded pixels (a generated world).
    Pixels(Arc<::image::RgbImage>),
}
