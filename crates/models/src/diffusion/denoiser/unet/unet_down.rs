//! One level on the way down.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor};

use super::unet_conv::square;
use super::{UnetAttention, UnetResBlock};

/// Two residual blocks with dropout between them, attention, and a convolution that halves the map, but for the last level.
#[derive(Module, Debug)]
pub struct UnetDown {
    /// First residual block.
    pub res1: UnetResBlock,
    /// Second residual block.
    pub res2: UnetResBlock,
    /// Attention.
    pub attn: UnetAttention,
    /// 3x3 with stride 2.
    pub down: Option<Conv2d>,
}

impl UnetDown {
    pub(super) fn new([input, output]: [usize; 2], time: usize, groups: usize, is_last: bool, device: &Device) -> Self {
        Self {
            res1: UnetResBlock::new(input, output, time, groups, device),
            res2: UnetResBlock::new(output, output, time, groups, device),
            attn: UnetAttention::new(output, device),
            down: (!is_last).then(|| square(output, output, 3, 2, device)),
        }
    }

    /// The level's map, for the way up, and what the next level reads.
    ///
    /// `drop` is applied between the residual blocks.
    ///
    /// # Shapes
    /// * `x`: `[B, C_in, H, W]`; `time`: `[B, d]`
    /// * output: `[B, C_out, H, W]` and `[B, C_out, H/2, W/2]`, twice the same on the last level
    pub fn forward(
        &self,
        x: Tensor<4>,
        time: Tensor<2>,
        drop: &mut dyn FnMut(Tensor<4>) -> Tensor<4>,
    ) -> (Tensor<4>, Tensor<4>) {
        let x = drop(self.res1.forward(x, time.clone()));
        let x = self.attn.forward(self.res2.forward(x, time));
        let next = match &self.down {
            Some(down) => down.forward(x.clone()),
            None => x.clone(),
        };
        (x, next)
    }
}
