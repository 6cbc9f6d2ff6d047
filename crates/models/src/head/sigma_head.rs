//! The uncertainty of an item's embedding: the log standard deviation of each dimension.

use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::Linear;
use burn::tensor::{Bool, Device, Tensor};
use halation_core::dist::LogStd;

use super::local_attention::xavier;
use super::{LocalAttention, LocalAttentionConfig};

/// Settings of a [`SigmaHead`].
#[derive(Config, Debug)]
pub struct SigmaHeadConfig {
    /// Numbers `d` for each part.
    pub input: usize,
    /// Dimension `D` of the embedding.
    pub embed_dim: usize,
    /// Initial bias of the log standard deviation. 0, as published, starts at `sigma` near 1 against means of length
    /// 1: `E||z - z'||` is about `sqrt(2 D + 1)`, and early training does little but shrink it.
    #[config(default = 0.0)]
    pub log_std_init: f64,
    /// Bounds of the log standard deviation (the published code has none).
    #[config(default = "None")]
    pub clamp: Option<[f64; 2]>,
}

/// `log_std = FC(r) + g` with `r` parts attended by weights of its own and `g` a global feature of its own
/// (PCME section 3.1); no sigmoid, norm or projection.
#[derive(Module, Debug)]
pub struct SigmaHead {
    /// Attention over the parts.
    pub attention: LocalAttention,
    /// `FC`, from `d` to `D`.
    pub fc: Linear,
    /// Bounds of the output.
    #[module(skip)]
    pub clamp: Option<[f64; 2]>,
}

impl SigmaHeadConfig {
    /// Xavier-uniform weights, constant bias `log_std_init`.
    pub fn init(&self, device: &Device) -> SigmaHead {
        let fc = xavier(self.input, self.embed_dim).init(device);
        SigmaHead {
            attention: LocalAttentionConfig::new(self.input).init(device),
            fc: constant_bias(fc, self.log_std_init, device),
            clamp: self.clamp,
        }
    }
}

impl SigmaHead {
    /// The log standard deviation.
    ///
    /// # Shapes
    /// * `global`: `[B, D]`
    /// * `parts`: `[B, T, d]`; `padding`: `[B, T]`, true where there is no part
    /// * output: `[B, D]`
    ///
    /// # Panics
    /// If a width differs from the layer's.
    pub fn forward(&self, global: Tensor<2>, parts: Tensor<3>, padding: Option<Tensor<2, Bool>>) -> LogStd {
        let attended = self.attention.forward(parts, padding).pooled.squeeze_dim::<2>(1); // [B, d]
        let log_std = self.fc.forward(attended) + global; // [B, D]
        LogStd(match self.clamp {
            Some([low, high]) => log_std.clamp(low, high),
            None => log_std,
        })
    }
}

/// Replaces the bias of a linear layer by a constant.
pub(crate) fn constant_bias(mut linear: Linear, value: f64, device: &Device) -> Linear {
    let width = linear.weight.shape()[1];
    linear.bias = Some(Initializer::Constant { value }.init([width], device));
    linear
}
