//! Full attention with rotary positions.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::attention;

use super::rotary::rotate;

/// `softmax(Q K^T / sqrt(e)) V` over the whole sequence, queries and keys rotated by their positions; no offsets.
#[derive(Module, Debug)]
pub struct DitAttention {
    /// Queries, keys and values, from `d` to `3 d`.
    pub qkv: Linear,
    /// Output, from `d` to `d`.
    pub out: Linear,
    /// Heads; divide `d`.
    #[module(skip)]
    pub heads: usize,
}

impl DitAttention {
    pub(super) fn new(dim: usize, heads: usize, device: &Device) -> Self {
        let linear = |output| LinearConfig::new(dim, output).with_bias(false).init(device);
        Self { qkv: linear(3 * dim), out: linear(dim), heads }
    }

    /// # Shapes
    /// * `x`, output: `[B, L, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, length, dim] = x.dims();
        let qkv = self.qkv.forward(x); // [B, L, 3 d], one GEMM
        let part = |index: usize| {
            let part = qkv.clone().narrow(2, index * dim, dim);
            part.reshape([batch, length, self.heads, dim / self.heads]).swap_dims(1, 2) // [B, heads, L, e]
        };
        let read = attention(rotate(part(0)), rotate(part(1)), part(2), None, false);
        self.out.forward(read.swap_dims(1, 2).reshape([batch, length, dim]))
    }
}
