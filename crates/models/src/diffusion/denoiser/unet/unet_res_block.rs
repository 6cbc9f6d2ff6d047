//! A residual block that hears the time.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::mish;

use super::UnetConv;
use super::unet_conv::square;

/// `block2(block1(x) + W mish(time)) + skip(x)`, the skip a 1x1 convolution where the widths differ.
#[derive(Module, Debug)]
pub struct UnetResBlock {
    /// `W`, from the time to the channels.
    pub time: Linear,
    /// First convolution.
    pub block1: UnetConv,
    /// Second convolution.
    pub block2: UnetConv,
    /// The skip.
    pub skip: Option<Conv2d>,
}

impl UnetResBlock {
    pub(super) fn new(input: usize, output: usize, time: usize, groups: usize, device: &Device) -> Self {
        Self {
            time: LinearConfig::new(time, output).init(device),
            block1: UnetConv::new(input, output, groups, device),
            block2: UnetConv::new(output, output, groups, device),
            skip: (input != output).then(|| square(input, output, 1, 1, device)),
        }
    }

    /// # Shapes
    /// * `x`: `[B, C_in, H, W]`; `time`: `[B, d]`; output: `[B, C_out, H, W]`
    pub fn forward(&self, x: Tensor<4>, time: Tensor<2>) -> Tensor<4> {
        let shift: Tensor<4> = self.time.forward(mish(time)).unsqueeze_dims(&[2, 3]); // [B, C_out, 1, 1]
        let h = self.block2.forward(self.block1.forward(x.clone()) + shift);
        h + match &self.skip {
            Some(skip) => skip.forward(x),
            None => x,
        }
    }
}
