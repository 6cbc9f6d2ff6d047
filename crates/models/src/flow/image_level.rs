//! The sub-flows of an image flow at one resolution.

use burn::module::Module;

use super::ImageStep;

/// The sub-flows between two squeezes of an [`ImageFlow`](super::ImageFlow).
#[derive(Module, Debug)]
pub struct ImageLevel {
    /// In the order from data to noise.
    pub steps: Vec<ImageStep>,
}
