//! Multi-head self-attention with one matrix for queries, keys and values.

use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::attention;

/// `softmax(Q K^T / sqrt(d / heads)) V`, concatenated over the heads and projected (Vaswani et al. 2017), no dropout.
///
/// Queries, keys and values are the three thirds of `in_proj`, in this order, as `in_proj_weight` of PyTorch's
/// `MultiheadAttention`; the transformers layout keeps them apart and is joined on loading.
#[derive(Module, Debug)]
pub struct SelfAttention {
    /// Queries, keys and values, from `d` to `3 d`.
    pub in_proj: Linear,
    /// Output, from `d` to `d`.
    pub out_proj: Linear,
    /// Heads; divide `d`.
    #[module(skip)]
    pub heads: usize,
    /// Whether a position reads only itself and those before it.
    #[module(skip)]
    pub causal: bool,
}

impl SelfAttention {
    /// CLIP's initialisation: `in_proj` from N(0, 1 / d), `out_proj` from N(0, `out_std`^2), no offsets.
    pub(super) fn new(width: usize, heads: usize, causal: bool, out_std: f64, device: &Device) -> Self {
        Self {
            in_proj: normal_linear(width, 3 * width, (width as f64).powf(-0.5), device),
            out_proj: normal_linear(width, width, out_std, device),
            heads,
            causal,
        }
    }

    /// Attends.
    ///
    /// # Shapes
    /// * `x`: `[B, T, d]`
    /// * output: `[B, T, d]`
    ///
    /// # Panics
    /// If `d` differs from the layer's.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, count, width] = x.dims();
        let qkv = self.in_proj.forward(x); // [B, T, 3 d], one GEMM
        let part = |index: usize| {
            let part = qkv.clone().narrow(2, index * width, width);
            part.reshape([batch, count, self.heads, width / self.heads]).swap_dims(1, 2) // [B, heads, T, d / heads]
        };
        let read = attention(part(0), part(1), part(2), None, self.causal);
        self.out_proj.forward(read.swap_dims(1, 2).reshape([batch, count, width]))
    }
}

/// A linear layer with weights from N(0, `std`^2) and zero biases.
pub(super) fn normal_linear(input: usize, output: usize, std: f64, device: &Device) -> Linear {
    let mut linear =
        LinearConfig::new(input, output).with_initializer(Initializer::Normal { mean: 0.0, std }).init(device);
    linear.bias = Some(Initializer::Zeros.init([output], device));
    linear
}
