//! The mean of an item's embedding: global feature plus attended detail, on the unit sphere (PIE-Net).

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, LayerNorm, LayerNormConfig, Linear};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Bool, Device, Tensor};

use super::local_attention::xavier;
use super::sigma_head::constant_bias;
use super::{LocalAttention, LocalAttentionConfig, l2_normalize};

/// Settings of a [`MeanHead`].
#[derive(Config, Debug)]
pub struct MeanHeadConfig {
    /// Numbers `d` for each part.
    pub input: usize,
    /// Dimension `D` of the embedding.
    pub embed_dim: usize,
    /// Dropout on the attended detail.
    #[config(default = 0.0)]
    pub dropout: f64,
}

/// `mu = normalize(LayerNorm(g + dropout(sigmoid(FC(r)))))` with `r` the attended parts and `g` the global feature
/// (PVSE's PIE-Net with one summary; PCME section 3.1).
#[derive(Module, Debug)]
pub struct MeanHead {
    /// Attention over the parts.
    pub attention: LocalAttention,
    /// `FC`, from `d` to `D`.
    pub fc: Linear,
    /// Norm of the sum.
    pub layer_norm: LayerNorm,
    /// Dropout on the attended detail.
    pub dropout: Dropout,
}

impl MeanHeadConfig {
    /// Xavier-uniform weights, zero bias.
    pub fn init(&self, device: &Device) -> MeanHead {
        let fc = xavier(self.input, self.embed_dim).init(device);
        MeanHead {
            attention: LocalAttentionConfig::new(self.input).init(device),
            fc: constant_bias(fc, 0.0, device),
            layer_norm: LayerNormConfig::new(self.embed_dim).init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

impl MeanHead {
    /// The unit-length mean.
    ///
    /// # Shapes
    /// * `global`: `[B, D]`
    /// * `parts`: `[B, T, d]`; `padding`: `[B, T]`, true where there is no part
    /// * output: `[B, D]`
    ///
    /// # Panics
    /// If a width differs from the layer's.
    pub fn forward(&self, global: Tensor<2>, parts: Tensor<3>, padding: Option<Tensor<2, Bool>>) -> Tensor<2> {
        let attended = self.attention.forward(parts, padding).pooled.squeeze_dim::<2>(1); // [B, d]
        let detail = self.dropout.forward(sigmoid(self.fc.forward(attended))); // [B, D]
        l2_normalize(self.layer_norm.forward(global + detail))
    }
}
