//! What comes before the first stage of a residual network.

use burn::config::Config;

/// The first convolution of a [`ResNet`](super::ResNet).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum Stem {
    /// 7x7 with stride 2 and a 3x3 max-pool with stride 2, for images of 224 px (He et al. 2016).
    Published,
    /// 3x3 with stride 1 and no pooling, for images of 32 to 64 px.
    FullResolution,
    /// One position per square patch of this side, pixels (as in Dosovitskiy et al. 2021, section 3.1); pixels beyond
    /// the last whole patch are not seen.
    Patches(usize),
}
