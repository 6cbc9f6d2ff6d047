//! What test images have in common with training images.

use serde::{Deserialize, Serialize};

/// Which numbers are in training and test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NDigitTask {
    /// Test shows the numbers of training, written with digits that training never saw.
    #[default]
    Instance,
    /// Besides, some numbers are in test alone.
    Number,
}
