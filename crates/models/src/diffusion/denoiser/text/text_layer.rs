//! One layer of the text denoiser.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::gelu;

use super::{TextAttention, TextDenoiserConfig};
use crate::{LayerNorm, LayerNormConfig};

/// `h <- h + attn(norm1(h))`, then `h <- h + W_2 gelu(W_1 norm2(h))`.
#[derive(Module, Debug)]
pub struct TextLayer {
    /// Norm before the attention.
    pub norm1: LayerNorm,
    /// Attention.
    pub attn: TextAttention,
    /// Norm before the MLP.
    pub norm2: LayerNorm,
    /// `W_1`, from `d` to `4 d`.
    pub fc1: Linear,
    /// `W_2`, from `4 d` to `d`.
    pub fc2: Linear,
}

impl TextLayer {
    pub(super) fn new(config: &TextDenoiserConfig, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(config.dim).init(device);
        Self {
            norm1: norm(),
            attn: TextAttention::new(config.dim, config.heads, config.local_heads, config.window, device),
            norm2: norm(),
            fc1: LinearConfig::new(config.dim, 4 * config.dim).init(device),
            fc2: LinearConfig::new(4 * config.dim, config.dim).init(device),
        }
    }

    /// # Shapes
    /// * `h`, output: `[B, L, d]`
    pub fn forward(&self, h: Tensor<3>) -> Tensor<3> {
        let h = h.clone() + self.attn.forward(self.norm1.forward(h));
        h.clone() + self.fc2.forward(gelu(self.fc1.forward(self.norm2.forward(h))))
    }
}
