//! Attention over the parts of an item: which positions of an image or words of a caption to read.

use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor};
use halation_kernels::{softmax, tanh};

/// Settings of a [`LocalAttention`].
#[derive(Config, Debug)]
pub struct LocalAttentionConfig {
    /// Numbers `d` for each part.
    pub input: usize,
    /// Width of the hidden layer; `d / 2` if left open.
    #[config(default = "None")]
    pub hidden: Option<usize>,
    /// Summaries `K` of each item (PCME: 1).
    #[config(default = 1)]
    pub heads: usize,
}

/// `weights = softmax_T(W_2 tanh(W_1 x))`, `pooled = sum_t weights_t x_t` (Lin et al. 2017; PVSE and PCME), no biases.
#[derive(Module, Debug)]
pub struct LocalAttention {
    /// `W_1`, from `d` to the hidden layer.
    pub w_1: Linear,
    /// `W_2`, from the hidden layer to `K`.
    pub w_2: Linear,
}

/// What a [`LocalAttention`] has read.
#[derive(Clone, Debug)]
pub struct Attended {
    /// Summaries, `[B, K, d]`.
    pub pooled: Tensor<3>,
    /// Attention on each part, `[B, K, T]`; sums to one over `T`.
    pub weights: Tensor<3>,
}

impl LocalAttentionConfig {
    /// Xavier-uniform weights.
    pub fn init(&self, device: &Device) -> LocalAttention {
        let hidden = self.hidden.unwrap_or(self.input / 2).max(1);
        LocalAttention {
            w_1: xavier(self.input, hidden).with_bias(false).init(device),
            w_2: xavier(hidden, self.heads).with_bias(false).init(device),
        }
    }
}

impl LocalAttention {
    /// Attends to the parts of each item.
    ///
    /// # Shapes
    /// * `parts`: `[B, T, d]`
    /// * `padding`: `[B, T]`, true where there is no part; at least one part of each item must be there
    ///
    /// # Panics
    /// If `parts` have another width than the layer.
    pub fn forward(&self, parts: Tensor<3>, padding: Option<Tensor<2, Bool>>) -> Attended {
        let [batch, count, dim] = parts.dims();
        let flat = parts.clone().reshape([batch * count, dim]); // one GEMM for the batch
        let hidden = tanh(self.w_1.forward(flat)); // [B * T, hidden]
        let scores = self.w_2.forward(hidden); // [B * T, K]
        let heads = scores.dims()[1];
        let mut scores = scores.reshape([batch, count, heads]).swap_dims(1, 2); // [B, K, T]
        if let Some(padding) = padding {
            let padding = padding.unsqueeze_dim::<3>(1).expand([batch, heads, count]); // [B, K, T]
            scores = scores.mask_fill(padding, f32::NEG_INFINITY);
        }
        let weights = softmax(scores, 2);
        let pooled = weights.clone().matmul(parts); // [B, K, d]
        Attended { pooled, weights }
    }
}

/// A linear layer with Xavier-uniform weights.
pub(super) fn xavier(input: usize, output: usize) -> LinearConfig {
    LinearConfig::new(input, output).with_initializer(Initializer::XavierUniform { gain: 1.0 })
}
