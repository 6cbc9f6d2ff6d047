//! A dense block with a gated end.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::sigmoid;

use super::DenseLayer;
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`DenseBlock`].
#[derive(Config, Debug)]
pub struct DenseBlockConfig {
    /// Channels on input.
    pub input: usize,
    /// Channels on output.
    pub output: usize,
    /// Layers.
    pub depth: usize,
    /// Channels that each layer adds.
    pub growth: usize,
}

/// `depth` layers, each of which adds `growth` channels from all channels before it, then `a + b sigmoid(c)` with
/// `[a, b, c] = conv1x1` (the published code of SurVAE flows).
#[derive(Module, Debug)]
pub struct DenseBlock {
    /// The layers.
    pub layers: Vec<DenseLayer>,
    /// 1 x 1, to three times the output.
    pub gate: Conv2d,
}

impl DenseBlockConfig {
    /// Whether a block can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value) in
            [("input", self.input), ("output", self.output), ("depth", self.depth), ("growth", self.growth)]
        {
            if value == 0 {
                return config_error("DenseBlockConfig", field, value, "at least one");
            }
        }
        Ok(())
    }

    /// A block with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> DenseBlock {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let layer = |index: usize| DenseLayer::new(self.input + index * self.growth, self.growth, device);
        let last = self.input + self.depth * self.growth;
        DenseBlock {
            layers: (0..self.depth).map(layer).collect(),
            gate: Conv2dConfig::new([last, 3 * self.output], [1, 1]).init(device),
        }
    }
}

impl DenseBlock {
    /// `[B, input, H, W] -> [B, output, H, W]`.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.layers.iter().fold(x, |x, layer| layer.forward(x));
        let gates = self.gate.forward(x);
        let output = gates.dims()[1] / 3;
        let part = |index: usize| gates.clone().narrow(1, index * output, output);
        part(0) + part(1) * sigmoid(part(2))
    }
}
