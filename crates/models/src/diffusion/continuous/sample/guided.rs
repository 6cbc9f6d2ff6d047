//! Classifier-free guidance.

use burn::tensor::{Int, Tensor};
use halation_kernels::log_softmax;

use crate::diffusion::denoiser::Denoiser;

/// Two networks as one: `p^scale q^{1 - scale}` of the guesses `p` with and `q` without the condition (classifier-free guidance, Ho and
/// Salimans, 2022).
///
/// 1 is the conditional network, 0 the other; above 1 the condition is exaggerated. This mixes the guesses of clean symbols; the steps
/// themselves are mixed by [`Ancestral::sample_guided`](super::Ancestral::sample_guided).
pub struct Guided<'a> {
    /// The network that knows the condition.
    pub conditional: &'a dyn Denoiser,
    /// The network that does not.
    pub unconditional: &'a dyn Denoiser,
    /// The weight of the condition.
    pub scale: f64,
}

impl Denoiser for Guided<'_> {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        let with = log_softmax(self.conditional.logits(tokens.clone(), time.clone()), 2);
        let without = log_softmax(self.unconditional.logits(tokens, time), 2);
        with * self.scale + without * (1.0 - self.scale)
    }
}
