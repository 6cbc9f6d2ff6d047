//! The conditioner of the image flows: residual dense blocks between two 1 x 1 convolutions.

use burn::config::Config;
use burn::module::Module;
use burn::nn::Initializer;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

use super::{DenseBlock, DenseBlockConfig};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`DenseNet`].
#[derive(Config, Debug)]
pub struct DenseNetConfig {
    /// Channels on input.
    pub input: usize,
    /// Channels on output.
    pub output: usize,
    /// Channels between.
    #[config(default = 64)]
    pub width: usize,
    /// Residual dense blocks.
    #[config(default = 1)]
    pub blocks: usize,
    /// Layers of each block.
    #[config(default = 10)]
    pub depth: usize,
    /// Channels that each layer adds.
    #[config(default = 64)]
    pub growth: usize,
    /// Whether the last convolution starts at zero.
    #[config(default = true)]
    pub zero_last: bool,
}

/// `conv1x1`, then `x + DenseBlock(x)` for each block, then `conv1x1` (the published code of SurVAE flows, whose sizes are
/// the defaults; Argmax Flows' own were never published).
#[derive(Module, Debug)]
pub struct DenseNet {
    /// 1 x 1, to the width.
    pub first: Conv2d,
    /// The blocks, each added to its input.
    pub blocks: Vec<DenseBlock>,
    /// 1 x 1, to the output.
    pub last: Conv2d,
}

impl DenseNetConfig {
    /// Whether a network can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value) in [("input", self.input), ("output", self.output), ("width", self.width)] {
            if value == 0 {
                return config_error("DenseNetConfig", field, value, "at least one");
            }
        }
        self.block().check()
    }

    fn block(&self) -> DenseBlockConfig {
        DenseBlockConfig::new(self.width, self.width, self.depth, self.growth)
    }

    /// A network with PyTorch's default initialisation, but for a last convolution of zeros.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> DenseNet {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let mut last = Conv2dConfig::new([self.width, self.output], [1, 1]);
        if self.zero_last {
            last = last.with_initializer(Initializer::Zeros);
        }
        DenseNet {
            first: Conv2dConfig::new([self.input, self.width], [1, 1]).init(device),
            blocks: (0..self.blocks).map(|_| self.block().init(device)).collect(),
            last: last.init(device),
        }
    }
}

impl DenseNet {
    /// `[B, input, H, W] -> [B, output, H, W]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.blocks.iter().fold(self.first.forward(x), |x, block| x.clone() + block.forward(x));
        self.last.forward(x)
    }
}
