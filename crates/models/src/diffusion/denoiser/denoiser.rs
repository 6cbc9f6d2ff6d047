//! What every network that takes noise off a sequence offers.

use burn::tensor::{Int, Tensor};

/// A network that guesses what a noisy sequence was.
pub trait Denoiser {
    /// `tokens`: `[B, L]` ids below the number of input codes (K, or K + 1 where a mask token has id K);
    /// `time`: `[B]`, noise level in [0, 1], 1 = all noise (discrete time: t / T); returns logits `[B, L, K]`.
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3>;
}
