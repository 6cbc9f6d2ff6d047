//! The position-wise half of a block.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::ClipActivation;
use super::self_attention::normal_linear;

/// `W_2 act(W_1 x)` at every position.
#[derive(Module, Debug)]
pub struct ClipMlp {
    /// `W_1`, from `d` to the hidden width.
    pub c_fc: Linear,
    /// `W_2`, from the hidden width to `d`.
    pub c_proj: Linear,
    /// The activation.
    #[module(skip)]
    pub activation: ClipActivation,
}

impl ClipMlp {
    /// CLIP's initialisation: `W_1` from N(0, 1 / (2 d)), `W_2` from N(0, `out_std`^2), no offsets.
    pub(super) fn new(width: usize, hidden: usize, activation: ClipActivation, out_std: f64, device: &Device) -> Self {
        Self {
            c_fc: normal_linear(width, hidden, (2.0 * width as f64).powf(-0.5), device),
            c_proj: normal_linear(hidden, width, out_std, device),
            activation,
        }
    }

    /// Applies the layer.
    ///
    /// # Shapes
    /// * `x`, output: `[B, T, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.c_proj.forward(self.activation.forward(self.c_fc.forward(x)))
    }
}
