//! A function as a denoiser.

use burn::tensor::{Int, Tensor};

use super::Denoiser;

/// A denoiser from a function of tokens and time: a network with its condition or its dropout draws bound, or an exact
/// posterior in a test.
#[derive(Debug, Clone, Copy)]
pub struct DenoiserFn<F>(pub F);

impl<F: Fn(Tensor<2, Int>, Tensor<1>) -> Tensor<3>> Denoiser for DenoiserFn<F> {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        (self.0)(tokens, time)
    }
}
