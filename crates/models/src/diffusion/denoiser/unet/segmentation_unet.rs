//! The U-Net over label maps.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Int, Tensor};
use halation_kernels::mish;

use super::{UnetAttention, UnetConv, UnetDown, UnetResBlock, UnetUp};
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::denoiser::sinusoid::time_sinusoid;

/// The network of multinomial diffusion over segmentation maps (Hoogeboom et al. 2021, after Ho et al. 2020): categories
/// as vectors, levels of residual blocks and linear attention, and the maps of the way down beside those of the way up.
///
/// Maps come as rows of `H W` labels, row by row, so that it is a [`Denoiser`] as the others. The map kept at full
/// resolution is never read, as published.
#[derive(Module, Debug)]
pub struct SegmentationUnet {
    /// Vectors of the input codes.
    pub tokens: Embedding,
    /// First layer over the waves of the time.
    pub time1: Linear,
    /// Second layer.
    pub time2: Linear,
    /// Levels on the way down.
    pub downs: Vec<UnetDown>,
    /// First block at the bottom.
    pub mid1: UnetResBlock,
    /// Attention at the bottom.
    pub mid_attn: UnetAttention,
    /// Second block at the bottom.
    pub mid2: UnetResBlock,
    /// Levels on the way up.
    pub ups: Vec<UnetUp>,
    /// Convolution before the output.
    pub last: UnetConv,
    /// 1x1, to the classes.
    pub output: Conv2d,
    /// Rows and columns of a map.
    #[module(skip)]
    pub size: [usize; 2],
    /// Rate of dropout on the way down.
    #[module(skip)]
    pub dropout: f64,
}

impl SegmentationUnet {
    /// The logits in training, with dropout on the way down: each number is zero with the rate `p` of the configuration,
    /// else divided by `1 - p`.
    ///
    /// # Shapes
    /// * `tokens`, `time`, output: as for [`Denoiser::logits`]
    /// * `uniforms`: gives uniform numbers in `[0, 1)` of the shape asked for, once a level
    pub fn logits_with_dropout(
        &self,
        tokens: Tensor<2, Int>,
        time: Tensor<1>,
        uniforms: &mut dyn FnMut([usize; 4]) -> Tensor<4>,
    ) -> Tensor<3> {
        let rate = self.dropout;
        self.run(tokens, time, &mut |x| {
            if rate == 0.0 {
                return x;
            }
            let kept = uniforms(x.dims()).greater_equal_elem(rate).float();
            x * kept / (1.0 - rate)
        })
    }

    fn run(&self, tokens: Tensor<2, Int>, time: Tensor<1>, drop: &mut dyn FnMut(Tensor<4>) -> Tensor<4>) -> Tensor<3> {
        let ([batch, length], [height, width]) = (tokens.dims(), self.size);
        assert_eq!(length, height * width, "maps of {height} x {width}");
        let [dim, _] = self.time1.weight.dims();
        let time = self.time2.forward(mish(self.time1.forward(time_sinusoid(time, dim)))); // [B, d]
        let x = self.tokens.forward(tokens).reshape([batch, height, width, dim]);
        let mut x = x.permute([0, 3, 1, 2]); // [B, d, H, W]
        let mut kept = Vec::new();
        for level in &self.downs {
            let (map, next) = level.forward(x, time.clone(), drop);
            kept.push(map);
            x = next;
        }
        x = self.mid1.forward(x, time.clone());
        x = self.mid2.forward(self.mid_attn.forward(x), time.clone());
        for (level, map) in self.ups.iter().zip(kept.into_iter().rev()) {
            x = level.forward(x, map, time.clone());
        }
        let logits = self.output.forward(self.last.forward(x)); // [B, K, H, W]
        let [_, classes, _, _] = logits.dims();
        logits.permute([0, 2, 3, 1]).reshape([batch, length, classes])
    }
}

impl Denoiser for SegmentationUnet {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        self.run(tokens, time, &mut |x| x)
    }
}
