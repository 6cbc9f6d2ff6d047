//! Files that hold many images and give each on request.

use crate::DataError;

/// Encoded images that must be dug out of a larger file, one at a time: what [`ImageSource::Stored`](super::ImageSource::Stored)
/// points into.
pub trait ImageStore: std::fmt::Debug + Send + Sync {
    /// Where image `index` is, for messages.
    fn place(&self, index: usize) -> String;

    /// The encoded bytes of image `index`.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] if it is not there, larger than `max_bytes`, or the file is broken.
    fn read(&self, index: usize, max_bytes: u64) -> Result<Vec<u8>, DataError>;
}
