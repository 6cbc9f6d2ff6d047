//! What a network for diffusion by blocks offers.

use burn::tensor::{Int, Tensor};

/// A network that guesses the noisy half of `[x_t, x_0]`, given who sees whom.
pub trait BlockDenoiser {
    /// Logits of the clean symbols of the noisy half.
    ///
    /// Both halves have the positions `0..L`. The clean half's keys and values depend on earlier blocks only, so a sampler may keep
    /// them.
    ///
    /// # Shapes
    /// * `tokens`: `[B, 2 L]`, ids up to the mask `K`: the noisy sequence, then the clean one
    /// * `attention_bias`: `[2 L, 2 L]`, added to the attention scores: 0 or minus infinity
    /// * `time`: `[B, L]`, the noise level of each position's block
    /// * returns: `[B, L, K]`
    fn block_logits(&self, tokens: Tensor<2, Int>, attention_bias: Tensor<2>, time: Tensor<2>) -> Tensor<3>;
}
