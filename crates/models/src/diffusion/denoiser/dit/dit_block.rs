//! One layer of a diffusion transformer.

use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::{DitAttention, DitDenoiserConfig, DitMlp};
use crate::{LayerNorm, LayerNormConfig};

/// `x <- x + g_1 attn(a_1 norm1(x) + b_1)`, `x <- x + g_2 mlp(a_2 norm2(x) + b_2)`, where shift `b`, scale `a = 1 + ..` and
/// gate `g` are linear in the condition and start at zero: adaLN-zero (Peebles and Xie 2023).
#[derive(Module, Debug)]
pub struct DitBlock {
    /// Norm before the attention, without offset.
    pub norm1: LayerNorm,
    /// Attention.
    pub attn: DitAttention,
    /// Norm before the MLP, without offset.
    pub norm2: LayerNorm,
    /// MLP.
    pub mlp: DitMlp,
    /// Shift, scale and gate of the attention, then of the MLP, from the condition.
    pub modulation: Linear,
}

impl DitBlock {
    pub(super) fn new(config: &DitDenoiserConfig, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(config.dim).with_bias(false).init(device);
        Self {
            norm1: norm(),
            attn: DitAttention::new(config.dim, config.heads, device),
            norm2: norm(),
            mlp: DitMlp::new(config.dim, config.mlp_ratio * config.dim, config.mlp, device),
            modulation: zero_linear(config.cond_dim, 6 * config.dim, device),
        }
    }

    /// # Shapes
    /// * `x`, output: `[B, L, d]`; `condition`: `[B, c]`
    pub fn forward(&self, x: Tensor<3>, condition: Tensor<2>) -> Tensor<3> {
        let [_, _, dim] = x.dims();
        let all = self.modulation.forward(condition).unsqueeze_dim::<3>(1); // [B, 1, 6 d]
        let part = |index: usize| all.clone().narrow(2, index * dim, dim);
        let attended = self.attn.forward(modulate(self.norm1.forward(x.clone()), part(0), part(1)));
        let x = x + part(2) * attended;
        let changed = self.mlp.forward(modulate(self.norm2.forward(x.clone()), part(3), part(4)));
        x + part(5) * changed
    }
}

/// `(1 + scale) x + shift`.
pub(super) fn modulate(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>) -> Tensor<3> {
    x * (scale + 1.0) + shift
}

/// A linear layer of zeros.
pub(super) fn zero_linear(input: usize, output: usize, device: &Device) -> Linear {
    LinearConfig::new(input, output).with_initializer(Initializer::Zeros).init(device)
}
