//! Attention over pixels at a cost linear in their number.

use burn::module::{Initializer, Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::softmax;

use super::unet_conv::square;

/// Heads of each attention.
const HEADS: usize = 4;
/// Width of a head.
const WIDTH: usize = 32;

/// `x + g W (Q (softmax_pixels(K)^T V))` with 4 heads of 32 and a gate `g` that starts at zero; the queries stay as they
/// are.
#[derive(Module, Debug)]
pub struct UnetAttention {
    /// Queries, keys and values, 1x1, without offset.
    pub qkv: Conv2d,
    /// `W`, 1x1.
    pub out: Conv2d,
    /// `g`, `[1]`.
    pub gate: Param<Tensor<1>>,
}

impl UnetAttention {
    pub(super) fn new(channels: usize, device: &Device) -> Self {
        Self {
            qkv: Conv2dConfig::new([channels, 3 * HEADS * WIDTH], [1, 1]).with_bias(false).init(device),
            out: square(HEADS * WIDTH, channels, 1, 1, device),
            gate: Initializer::Zeros.init([1], device),
        }
    }

    /// # Shapes
    /// * `x`, output: `[B, C, H, W]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, _, height, width] = x.dims();
        let qkv = self.qkv.forward(x.clone()); // [B, 384, H, W]
        let part = |index: usize| {
            qkv.clone().narrow(1, index * HEADS * WIDTH, HEADS * WIDTH).reshape([batch, HEADS, WIDTH, height * width])
        };
        let (q, k, v) = (part(0), softmax(part(1), 3), part(2)); // [B, heads, e, H W]
        let context = k.matmul(v.swap_dims(2, 3)); // [B, heads, e, e]: sum over pixels of k_d v_e
        let read = context.swap_dims(2, 3).matmul(q); // [B, heads, e, H W]
        let read = self.out.forward(read.reshape([batch, HEADS * WIDTH, height, width]));
        x + read * self.gate.val().unsqueeze()
    }
}
