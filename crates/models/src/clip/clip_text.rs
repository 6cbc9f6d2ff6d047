//! The text tower: a causal transformer.

use burn::module::Module;
use burn::nn::Linear;

use super::text_pooling::pick;
use super::{ClipFeatures, TextPooling, TokenEmbedding, Transformer};
use crate::LayerNorm;
use crate::ModelError;
use crate::encoder::Words;

/// CLIP's causal text transformer (Radford et al. 2021, section 2.4), made by
/// [`ClipTextConfig`](super::ClipTextConfig).
#[derive(Module, Debug)]
pub struct ClipText {
    /// Caption to tokens.
    pub words: TokenEmbedding,
    /// The blocks; causal.
    pub transformer: Transformer,
    /// Norm after the last block.
    pub ln_final: LayerNorm,
    /// Projection of the end-of-text token, from `d` to `D`, no bias.
    pub proj: Linear,
    /// Which token stands for a caption.
    #[module(skip)]
    pub pooling: TextPooling,
}

impl ClipText {
    /// Tokens and embedding of captions that begin with the start and end with the end token.
    ///
    /// Padding changes nothing: no token reads what comes after it. [`ClipFeatures::tokens`] are `[B, T, d]` with `T`
    /// the longest length of the batch; what lies past a row's length is meaningless.
    ///
    /// # Errors
    /// [`ModelError::CaptionTooLong`].
    ///
    /// # Panics
    /// In the backend, if a token is outside the vocabulary; [`Words::from_sequences`] checks that.
    pub fn forward(&self, words: &Words) -> Result<ClipFeatures, ModelError> {
        let tokens = self.transformer.forward(self.words.forward(words)?);
        let end = pick(tokens.clone(), self.pooling.positions(words)); // [B, d]
        let pooled = self.proj.forward(self.ln_final.forward(end));
        Ok(ClipFeatures { tokens, pooled })
    }
}
