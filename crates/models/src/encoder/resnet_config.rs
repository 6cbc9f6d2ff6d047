//! The one builder of residual networks: the five published depths and a small-image variant.

use burn::config::Config;
use burn::nn::LinearConfig;
use burn::nn::PaddingConfig2d;
use burn::nn::pool::MaxPool2dConfig;
use burn::tensor::Device;

use super::residual_block::{convolution, patch_convolution};
use super::{BatchNorm2dConfig, BlockKind, ResNet, ResidualBlock, Stem};
use crate::ModelError;

/// Settings of a [`ResNet`].
///
/// ```
/// use halation_models::encoder::ResNetConfig;
///
/// // Features only, for a retrieval tower:
/// let tower = ResNetConfig::resnet50();
/// assert_eq!(tower.feature_channels(), 2048);
/// // With torchvision's 1000-way classifier:
/// let classifier = ResNetConfig::resnet18().with_classes(Some(1000));
/// # assert!(classifier.check().is_ok() && tower.check().is_ok());
/// ```
#[derive(Config, Debug)]
pub struct ResNetConfig {
    /// The residual block.
    pub block: BlockKind,
    /// Blocks of each stage, one to four stages. Every stage after the first halves the feature map.
    pub blocks: Vec<usize>,
    /// Width of each stage (a bottleneck stage puts out four times as much).
    pub widths: Vec<usize>,
    /// Channels of the first convolution.
    #[config(default = 64)]
    pub stem_width: usize,
    /// What comes before the first stage.
    #[config(default = "Stem::Published")]
    pub stem: Stem,
    /// Classes of the optional linear classifier on the pooled features.
    #[config(default = "None")]
    pub classes: Option<usize>,
}

impl ResNetConfig {
    /// ResNet-18: basic blocks 2-2-2-2, 512 features.
    pub fn resnet18() -> Self {
        Self::published(BlockKind::Basic, [2, 2, 2, 2])
    }

    /// ResNet-34: basic blocks 3-4-6-3, 512 features.
    pub fn resnet34() -> Self {
        Self::published(BlockKind::Basic, [3, 4, 6, 3])
    }

    /// ResNet-50: bottlenecks 3-4-6-3, 2048 features.
    pub fn resnet50() -> Self {
        Self::published(BlockKind::Bottleneck, [3, 4, 6, 3])
    }

    /// ResNet-101: bottlenecks 3-4-23-3, 2048 features.
    pub fn resnet101() -> Self {
        Self::published(BlockKind::Bottleneck, [3, 4, 23, 3])
    }

    /// ResNet-152: bottlenecks 3-8-36-3, 2048 features.
    pub fn resnet152() -> Self {
        Self::published(BlockKind::Bottleneck, [3, 8, 36, 3])
    }

    /// A small-image network of basic blocks for 32 to 64 px on a CPU: 3x3 stem with stride 1 as wide as the first
    /// stage, no max-pool. `small(vec![16, 32, 64], vec![1, 1, 1])` turns 32 px into a `[64, 8, 8]` map.
    pub fn small(widths: Vec<usize>, blocks: Vec<usize>) -> Self {
        Self::as_wide_as_the_first_stage(widths, blocks).with_stem(Stem::FullResolution)
    }

    /// A network of basic blocks on patches of `side` pixels, for little images with large things in them: the cheapest
    /// one on a CPU, since it has few positions and many channels. `patches(4, vec![48], vec![1])` turns 32 px into a
    /// `[48, 8, 8]` map.
    pub fn patches(side: usize, widths: Vec<usize>, blocks: Vec<usize>) -> Self {
        Self::as_wide_as_the_first_stage(widths, blocks).with_stem(Stem::Patches(side))
    }

    fn as_wide_as_the_first_stage(widths: Vec<usize>, blocks: Vec<usize>) -> Self {
        let stem = widths.first().copied().unwrap_or(0);
        Self::new(BlockKind::Basic, blocks, widths).with_stem_width(stem)
    }

    fn published(block: BlockKind, blocks: [usize; 4]) -> Self {
        Self::new(block, blocks.to_vec(), vec![64, 128, 256, 512])
    }

    /// Channels `C` of the feature map.
    pub fn feature_channels(&self) -> usize {
        self.widths.last().copied().unwrap_or(0) * self.block.expansion()
    }

    /// Whether a network can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong = |field, found, expected| Err(ModelError::Config { config: "ResNetConfig", field, found, expected });
        if self.blocks.is_empty() || self.blocks.len() > 4 || self.blocks.contains(&0) {
            return wrong("blocks", format!("{:?}", self.blocks), "one to four stages need at least one block each");
        }
        if self.widths.len() != self.blocks.len() || self.widths.contains(&0) {
            return wrong("widths", format!("{:?}", self.widths), "every stage needs one width above zero");
        }
        if self.stem_width == 0 {
            return wrong("stem_width", "0".into(), "the stem needs at least one channel");
        }
        if self.stem == Stem::Patches(0) {
            return wrong("stem", "Patches(0)".into(), "a patch needs at least one pixel");
        }
        if self.classes == Some(0) {
            return wrong("classes", "Some(0)".into(), "a classifier needs at least one class");
        }
        Ok(())
    }

    /// The network with torchvision's random initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ResNet {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let conv1 = match self.stem {
            Stem::Published => convolution(3, self.stem_width, 7, 2, device),
            Stem::FullResolution => convolution(3, self.stem_width, 3, 1, device),
            Stem::Patches(side) => patch_convolution(3, self.stem_width, side, device),
        };
        let mut input = self.stem_width;
        let mut stages = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for (stage, (&blocks, &width)) in self.blocks.iter().zip(&self.widths).enumerate() {
            for block in 0..blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                stages[stage].push(ResidualBlock::new(self.block, input, width, stride, device));
                input = width * self.block.expansion();
            }
        }
        let [layer1, layer2, layer3, layer4] = stages;
        ResNet {
            conv1,
            bn1: BatchNorm2dConfig::new(self.stem_width).init(device),
            max_pool: (self.stem == Stem::Published).then(|| {
                MaxPool2dConfig::new([3, 3])
                    .with_strides([2, 2])
                    .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                    .init()
            }),
            layer1,
            layer2,
            layer3,
            layer4,
            fc: self.classes.map(|classes| LinearConfig::new(self.feature_channels(), classes).init(device)),
        }
    }
}
