//! Which residual block a ResNet is made of.

use burn::config::Config;

/// The residual block of a [`ResNetConfig`](super::ResNetConfig) (He et al. 2016, figure 5).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Two 3x3 convolutions; ResNet-18 and -34.
    Basic,
    /// 1x1, 3x3 (which carries the stride, "V1.5" as torchvision and timm), 1x1 to four times the width.
    Bottleneck,
}

impl BlockKind {
    /// Output channels of a block over its width: 1 or 4.
    pub fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }
}
