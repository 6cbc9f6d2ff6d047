//! The text denoiser.

use burn::module::{Module, Param};
use burn::nn::{Embedding, Linear};
use burn::tensor::{Int, Tensor};

use super::{AxialPositions, TextLayer, TimeVectors};
use crate::LayerNorm;
use crate::diffusion::denoiser::Denoiser;

/// The network of multinomial text diffusion (Hoogeboom et al. 2021): character and axial position vectors, layers of linear
/// and local attention with the time added to the stream before each, and logits behind a gate that starts at zero.
///
/// Takes sequences of exactly the length it was built for.
#[derive(Module, Debug)]
pub struct TextDenoiser {
    /// Vectors of the input codes.
    pub tokens: Embedding,
    /// Vectors of the positions.
    pub positions: AxialPositions,
    /// Vectors of the noise level.
    pub time: TimeVectors,
    /// The layers.
    pub layers: Vec<TextLayer>,
    /// Norm before the output.
    pub norm: LayerNorm,
    /// From `d` to `K`.
    pub output: Linear,
    /// Factor of the logits, `[1]`; starts at 0, so the first estimate is uniform.
    pub gate: Param<Tensor<1>>,
}

impl Denoiser for TextDenoiser {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        let mut h = self.tokens.forward(tokens) + self.positions.forward(); // [B, L, d]
        for (layer, time) in self.layers.iter().zip(self.time.forward(time)) {
            h = layer.forward(h + time); // [B, L, d] + [B, 1, d]
        }
        self.output.forward(self.norm.forward(h)) * self.gate.val().unsqueeze()
    }
}
