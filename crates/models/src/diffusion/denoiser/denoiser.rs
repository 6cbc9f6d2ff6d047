//! What every network of a diffusion model does: guess the clean sequence behind a noisy one.

use burn::tensor::{Int, Tensor};

/// A network that guesses what a noisy sequence was.
///
/// The softmax of the logits at a position is the estimate `x0_hat` of its clean class. Under noise that hits each
/// position by itself, the best estimate does not look at the position's own noisy token: it is `p(x_0^i | x_t^-i)`.
pub trait Denoiser {
    /// The logits of the clean classes at every position.
    ///
    /// # Shapes
    /// * `tokens`: `[B, L]`, ids below the number of input codes (`K`, or `K + 1` where a mask token has the id `K`)
    /// * `time`: `[B]`, noise level in `[0, 1]`, 1 is all noise (in discrete time `t / T`)
    /// * output: `[B, L, K]`
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3>;
}
