//! Sizes of the U-Net over label maps.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{EmbeddingConfig, LinearConfig};
use burn::tensor::Device;

use super::unet_conv::square;
use super::{SegmentationUnet, UnetAttention, UnetConv, UnetDown, UnetResBlock, UnetUp};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`SegmentationUnet`].
#[derive(Config, Debug)]
pub struct SegmentationUnetConfig {
    /// Classes `K` of the output.
    pub classes: usize,
    /// Rows `H` of a map.
    pub height: usize,
    /// Columns `W` of a map.
    pub width: usize,
    /// Codes of the input: `K`, or `K + 1` with a mask; 0 stands for `K`.
    #[config(default = 0)]
    pub inputs: usize,
    /// Channels at full resolution, and width of the time.
    #[config(default = 64)]
    pub dim: usize,
    /// Channels of each level over `dim`; each level but the last halves the map.
    #[config(default = "vec![1, 2, 4, 8]")]
    pub multipliers: Vec<usize>,
    /// Groups of the norms; divide `dim`.
    #[config(default = 8)]
    pub groups: usize,
    /// Rate of dropout on the way down, used by
    /// [`logits_with_dropout`](SegmentationUnet::logits_with_dropout) alone.
    #[config(default = 0.0)]
    pub dropout: f64,
}

impl SegmentationUnetConfig {
    /// The published network for Cityscapes at 32 x 64: 8 categories, 29,839,184 parameters, dropout 0.1.
    pub fn cityscapes() -> Self {
        Self::new(8, 32, 64).with_dropout(0.1)
    }

    /// Codes of the input.
    pub fn input_codes(&self) -> usize {
        if self.inputs == 0 { self.classes } else { self.inputs }
    }

    /// Whether a network can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "SegmentationUnetConfig";
        for (field, value) in [("classes", self.classes), ("height", self.height), ("width", self.width)] {
            if value == 0 {
                return config_error(NAME, field, value, "at least one is needed");
            }
        }
        if self.inputs != 0 && self.inputs < self.classes {
            return config_error(NAME, "inputs", self.inputs, "it must be 0 or at least the number of classes");
        }
        if self.multipliers.is_empty() || self.multipliers.len() > 16 || self.multipliers.contains(&0) {
            let found = format!("{:?}", self.multipliers);
            return config_error(NAME, "multipliers", found, "1 to 16 numbers above zero are needed");
        }
        let factor = 1 << (self.multipliers.len() - 1);
        for (field, side) in [("height", self.height), ("width", self.width)] {
            if !side.is_multiple_of(factor) {
                return config_error(NAME, field, side, "each level but the last halves it without rest");
            }
        }
        if self.groups == 0 || self.dim < 4 || !self.dim.is_multiple_of(2) || !self.dim.is_multiple_of(self.groups) {
            return config_error(NAME, "dim", self.dim, "it must be even, at least 4 and a multiple of the groups");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return config_error(NAME, "dropout", self.dropout, "a rate from 0 to below 1 is needed");
        }
        Ok(())
    }

    /// The network with PyTorch's initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> SegmentationUnet {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let (dim, groups) = (self.dim, self.groups);
        let widths: Vec<usize> = std::iter::once(dim).chain(self.multipliers.iter().map(|m| m * dim)).collect();
        let pairs: Vec<[usize; 2]> = widths.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        let deepest = widths[widths.len() - 1];
        let down =
            |(level, pair): (usize, &[usize; 2])| UnetDown::new(*pair, dim, groups, level + 1 == pairs.len(), device);
        SegmentationUnet {
            tokens: EmbeddingConfig::new(self.input_codes(), dim).init(device),
            time1: LinearConfig::new(dim, 4 * dim).init(device),
            time2: LinearConfig::new(4 * dim, dim).init(device),
            downs: pairs.iter().enumerate().map(down).collect(),
            mid1: UnetResBlock::new(deepest, deepest, dim, groups, device),
            mid_attn: UnetAttention::new(deepest, device),
            mid2: UnetResBlock::new(deepest, deepest, dim, groups, device),
            ups: pairs[1..].iter().rev().map(|&[a, b]| UnetUp::new([b, a], dim, groups, device)).collect(),
            last: UnetConv::new(widths[1], dim, groups, device),
            output: square(dim, self.classes, 1, 1, device),
            size: [self.height, self.width],
            dropout: self.dropout,
        }
    }

    /// Number of trained numbers. Nothing is allocated or drawn for it.
    pub fn num_params(&self, device: &Device) -> usize {
        self.init(device).num_params()
    }
}
