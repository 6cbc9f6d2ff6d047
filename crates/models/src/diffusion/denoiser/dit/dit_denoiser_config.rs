//! Sizes of the diffusion transformer.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{EmbeddingConfig, LinearConfig};
use burn::tensor::Device;

use super::dit_block::zero_linear;
use super::{DitBlock, DitDenoiser, DitMlpKind};
use crate::LayerNormConfig;
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`DitDenoiser`]; the defaults are the "small" size of masked diffusion language models.
#[derive(Config, Debug)]
pub struct DitDenoiserConfig {
    /// Classes `K` of the output.
    pub classes: usize,
    /// Codes of the input: `K`, or `K + 1` with a mask; 0 stands for `K`.
    #[config(default = 0)]
    pub inputs: usize,
    /// Width `d`.
    #[config(default = 768)]
    pub dim: usize,
    /// Layers.
    #[config(default = 12)]
    pub depth: usize,
    /// Attention heads; `d` divided by them is even.
    #[config(default = 12)]
    pub heads: usize,
    /// Width `c` of the condition.
    #[config(default = 128)]
    pub cond_dim: usize,
    /// Waves of the time, even.
    #[config(default = 256)]
    pub waves: usize,
    /// Hidden width of the MLPs over `d`.
    #[config(default = 4)]
    pub mlp_ratio: usize,
    /// The MLPs.
    #[config(default = "DitMlpKind::Gelu")]
    pub mlp: DitMlpKind,
    /// Whether the network hears the time. Under masks it need not: the best estimate depends on what is visible alone.
    #[config(default = true)]
    pub time_input: bool,
}

impl DitDenoiserConfig {
    /// Codes of the input.
    pub fn input_codes(&self) -> usize {
        if self.inputs == 0 { self.classes } else { self.inputs }
    }

    /// Whether a network can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "DitDenoiserConfig";
        for (field, value) in [
            ("classes", self.classes),
            ("depth", self.depth),
            ("heads", self.heads),
            ("cond_dim", self.cond_dim),
            ("mlp_ratio", self.mlp_ratio),
        ] {
            if value == 0 {
                return config_error(NAME, field, value, "at least one is needed");
            }
        }
        if self.inputs != 0 && self.inputs < self.classes {
            return config_error(NAME, "inputs", self.inputs, "it must be 0 or at least the number of classes");
        }
        if self.dim == 0 || !self.dim.is_multiple_of(2 * self.heads) {
            return config_error(NAME, "dim", self.dim, "it must be a multiple of twice the heads");
        }
        if self.waves < 4 || !self.waves.is_multiple_of(2) {
            return config_error(NAME, "waves", self.waves, "it must be even and at least 4");
        }
        Ok(())
    }

    /// The network: PyTorch's initialisation, but zero modulations and logits.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> DitDenoiser {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        DitDenoiser {
            tokens: EmbeddingConfig::new(self.input_codes(), self.dim).init(device),
            time1: LinearConfig::new(self.waves, self.cond_dim).init(device),
            time2: LinearConfig::new(self.cond_dim, self.cond_dim).init(device),
            blocks: (0..self.depth).map(|_| DitBlock::new(self, device)).collect(),
            norm: LayerNormConfig::new(self.dim).with_bias(false).init(device),
            modulation: zero_linear(self.cond_dim, 2 * self.dim, device),
            output: zero_linear(self.dim, self.classes, device),
            time_input: self.time_input,
        }
    }

    /// Number of trained numbers. Nothing is allocated or drawn for it.
    pub fn num_params(&self, device: &Device) -> usize {
        self.init(device).num_params()
    }
}
