//! One layer of a CLIP transformer.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{ClipMlp, SelfAttention, TransformerConfig};
use crate::{LayerNorm, LayerNormConfig};

/// A pre-norm block: `x <- x + attn(ln_1(x))`, then `x <- x + mlp(ln_2(x))`.
#[derive(Module, Debug)]
pub struct ClipBlock {
    /// Norm before the attention.
    pub ln_1: LayerNorm,
    /// Self-attention.
    pub attn: SelfAttention,
    /// Norm before the MLP.
    pub ln_2: LayerNorm,
    /// MLP.
    pub mlp: ClipMlp,
}

impl ClipBlock {
    pub(super) fn new(config: &TransformerConfig, device: &Device) -> Self {
        let out_std = (2.0 * (config.width * config.layers) as f64).powf(-0.5);
        let norm = || LayerNormConfig::new(config.width).init(device);
        Self {
            ln_1: norm(),
            attn: SelfAttention::new(config.width, config.heads, config.causal, out_std, device),
            ln_2: norm(),
            mlp: ClipMlp::new(config.width, config.hidden_width(), config.activation, out_std, device),
        }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// * `x`, output: `[B, T, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.ln_1.forward(x));
        x.clone() + self.mlp.forward(self.ln_2.forward(x))
    }
}
