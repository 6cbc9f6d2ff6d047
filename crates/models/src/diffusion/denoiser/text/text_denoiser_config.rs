//! Sizes of the text denoiser.

use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::{EmbeddingConfig, LinearConfig};
use burn::tensor::Device;

use super::{AxialPositions, TextDenoiser, TextLayer, TimeVectors};
use crate::LayerNormConfig;
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`TextDenoiser`].
#[derive(Config, Debug)]
pub struct TextDenoiserConfig {
    /// Classes `K` of the output.
    pub classes: usize,
    /// Positions `L`.
    pub length: usize,
    /// Positions `w` in a window of local attention; divide `L`.
    pub window: usize,
    /// Codes of the input: `K`, or `K + 1` with a mask; 0 stands for `K`.
    #[config(default = 0)]
    pub inputs: usize,
    /// Width `d`, even.
    #[config(default = 512)]
    pub dim: usize,
    /// Layers.
    #[config(default = 12)]
    pub depth: usize,
    /// Attention heads; divide `d`.
    #[config(default = 16)]
    pub heads: usize,
    /// How many of the heads are local; the others are linear.
    #[config(default = 8)]
    pub local_heads: usize,
}

impl TextDenoiserConfig {
    /// The published network for text8: 27 characters, 256 positions, 51,545,116 parameters.
    pub fn text8() -> Self {
        Self::new(27, 256, 128)
    }

    /// The published network for enwik8: 256 bytes, 320 positions, 51,756,289 parameters.
    pub fn enwik8() -> Self {
        Self::new(256, 320, 80)
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
        const NAME: &str = "TextDenoiserConfig";
        for (field, value) in
            [("classes", self.classes), ("length", self.length), ("depth", self.depth), ("heads", self.heads)]
        {
            if value == 0 {
                return config_error(NAME, field, value, "at least one is needed");
            }
        }
        if self.inputs != 0 && self.inputs < self.classes {
            return config_error(NAME, "inputs", self.inputs, "it must be 0 or at least the number of classes");
        }
        if self.window == 0 || !self.length.is_multiple_of(self.window) {
            return config_error(NAME, "window", self.window, "it must divide the length");
        }
        if self.dim < 4 || !self.dim.is_multiple_of(2) || !self.dim.is_multiple_of(self.heads) {
            return config_error(NAME, "dim", self.dim, "it must be even, at least 4 and a multiple of the heads");
        }
        if self.local_heads > self.heads {
            return config_error(NAME, "local_heads", self.local_heads, "it must not exceed the heads");
        }
        Ok(())
    }

    /// The network: PyTorch's initialisation, logits exactly zero.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> TextDenoiser {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        TextDenoiser {
            tokens: EmbeddingConfig::new(self.input_codes(), self.dim).init(device),
            positions: AxialPositions::new(self.length / self.window, self.window, self.dim, device),
            time: TimeVectors::new(self.dim, self.depth, device),
            layers: (0..self.depth).map(|_| TextLayer::new(self, device)).collect(),
            norm: LayerNormConfig::new(self.dim).init(device),
            output: LinearConfig::new(self.dim, self.classes).init(device),
            gate: Initializer::Zeros.init([1], device),
        }
    }

    /// Number of trained numbers. Nothing is allocated or drawn for it.
    pub fn num_params(&self, device: &Device) -> usize {
        self.init(device).num_params()
    }
}
