//! The diffusion transformer over tokens.

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Int, Tensor};
use halation_kernels::silu;

use super::DitBlock;
use super::dit_block::modulate;
use crate::LayerNorm;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::denoiser::sinusoid::time_sinusoid;

/// A transformer with rotary positions whose layers are modulated by the noise level (Peebles and Xie 2023; as used for text
/// by Lou et al. 2023 and Sahoo et al. 2024). Takes sequences of any length.
#[derive(Module, Debug)]
pub struct DitDenoiser {
    /// Vectors of the input codes.
    pub tokens: Embedding,
    /// First layer over the waves of the time.
    pub time1: Linear,
    /// Second layer, to the condition.
    pub time2: Linear,
    /// The layers.
    pub blocks: Vec<DitBlock>,
    /// Norm before the output, without offset.
    pub norm: LayerNorm,
    /// Shift and scale after it, from the condition.
    pub modulation: Linear,
    /// From `d` to `K`; starts at 0, so the first estimate is uniform.
    pub output: Linear,
    /// Whether the time is heard; else it reads 0 always.
    #[module(skip)]
    pub time_input: bool,
}

impl Denoiser for DitDenoiser {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        let [waves, _] = self.time1.weight.dims();
        let time = if self.time_input { time } else { time.zeros_like() };
        let time = self.time2.forward(silu(self.time1.forward(time_sinusoid(time, waves))));
        let condition = silu(time); // [B, c]
        let mut x = self.tokens.forward(tokens); // [B, L, d]
        for block in &self.blocks {
            x = block.forward(x, condition.clone());
        }
        let [_, _, dim] = x.dims();
        let both = self.modulation.forward(condition).unsqueeze_dim::<3>(1); // [B, 1, 2 d]
        let (shift, scale) = (both.clone().narrow(2, 0, dim), both.narrow(2, dim, dim));
        self.output.forward(modulate(self.norm.forward(x), shift, scale))
    }
}
