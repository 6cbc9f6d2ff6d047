//! One level on the way up.

use burn::module::Module;
use burn::nn::conv::{ConvTranspose2d, ConvTranspose2dConfig};
use burn::tensor::{Device, Tensor};

use super::{UnetAttention, UnetResBlock};

/// Two residual blocks over the map and the one kept on the way down, attention, and a transposed convolution that doubles it.
#[derive(Module, Debug)]
pub struct UnetUp {
    /// First residual block, over both maps.
    pub res1: UnetResBlock,
    /// Second residual block.
    pub res2: UnetResBlock,
    /// Attention.
    pub attn: UnetAttention,
    /// 4x4 with stride 2, padded by 1.
    pub up: ConvTranspose2d,
}

impl UnetUp {
    pub(super) fn new([input, output]: [usize; 2], time: usize, groups: usize, device: &Device) -> Self {
        Self {
            res1: UnetResBlock::new(2 * input, output, time, groups, device),
            res2: UnetResBlock::new(output, output, time, groups, device),
            attn: UnetAttention::new(output, device),
            up: ConvTranspose2dConfig::new([output, output], [4, 4])
                .with_stride([2, 2])
                .with_padding([1, 1])
                .init(device),
        }
    }

    /// # Shapes
    /// * `x`, `kept`: `[B, C_in, H, W]`; `time`: `[B, d]`
    /// * output: `[B, C_out, 2 H, 2 W]`
    pub fn forward(&self, x: Tensor<4>, kept: Tensor<4>, time: Tensor<2>) -> Tensor<4> {
        let x = self.res1.forward(Tensor::cat(vec![x, kept], 1), time.clone());
        self.up.forward(self.attn.forward(self.res2.forward(x, time)))
    }
}
