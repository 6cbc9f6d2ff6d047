//! Convolution, norm and activation.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};
use halation_kernels::mish;

/// `mish(group_norm(conv3x3(x)))`.
#[derive(Module, Debug)]
pub struct UnetConv {
    /// The convolution, padded by one.
    pub conv: Conv2d,
    /// The norm.
    pub norm: GroupNorm,
}

impl UnetConv {
    pub(super) fn new(input: usize, output: usize, groups: usize, device: &Device) -> Self {
        Self { conv: square(input, output, 3, 1, device), norm: GroupNormConfig::new(groups, output).init(device) }
    }

    /// # Shapes
    /// * `x`: `[B, C_in, H, W]`; output: `[B, C_out, H, W]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        mish(self.norm.forward(self.conv.forward(x)))
    }
}

/// A convolution of `size x size`, padded by half its size.
pub(super) fn square(input: usize, output: usize, size: usize, stride: usize, device: &Device) -> Conv2d {
    let pad = size / 2;
    Conv2dConfig::new([input, output], [size, size])
        .with_stride([stride, stride])
        .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
        .init(device)
}
