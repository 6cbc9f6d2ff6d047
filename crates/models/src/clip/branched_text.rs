//! The text tower of PCME++: the last blocks doubled, one branch for the mean and one for the uncertainty.

use burn::module::Module;
use burn::tensor::Device;

use super::branched_vision::twins;
use super::{ClipText, ClipTextConfig, TokenEmbedding, TokenStreams, Transformer};
use crate::LayerNorm;
use crate::ModelError;
use crate::encoder::Words;

/// A [`ClipText`] whose last `n` blocks have a twin with fresh weights beside them (PCME++, Chun, ICLR 2024; the
/// published models have `n = 1`). All tokens are kept, without projection; the last norm is on the mean's tokens only.
#[derive(Module, Debug)]
pub struct BranchedText {
    /// Caption to tokens.
    pub words: TokenEmbedding,
    /// The shared blocks.
    pub trunk: Transformer,
    /// The last blocks, for the mean.
    pub mean: Transformer,
    /// Norm of the mean's tokens.
    pub ln_final: LayerNorm,
    /// Twins of the last blocks, for the uncertainty (`prob_resblocks` in the published code).
    pub sigma: Transformer,
}

impl BranchedText {
    /// Branches the last `blocks` blocks of a tower, loaded or random; the twins get the initialisation of
    /// [`TransformerConfig::init`](super::TransformerConfig::init), not copies.
    ///
    /// # Errors
    /// [`ModelError::Config`] if `config` does not describe the tower, or has fewer than `blocks` blocks.
    pub fn new(tower: ClipText, config: &ClipTextConfig, blocks: usize, device: &Device) -> Result<Self, ModelError> {
        let sigma = twins(&config.transformer(), &tower.transformer, blocks, device)?;
        let (trunk, mean) = tower.transformer.split_last(blocks);
        Ok(Self { words: tower.words, trunk, mean, ln_final: tower.ln_final, sigma })
    }

    /// Both sequences of tokens, `[B, T, d]` each, `T` the longest length of the batch.
    ///
    /// # Errors
    /// [`ModelError::CaptionTooLong`].
    ///
    /// # Panics
    /// In the backend, if a token is outside the vocabulary; [`Words::from_sequences`] checks that.
    pub fn forward(&self, words: &Words) -> Result<TokenStreams, ModelError> {
        let shared = self.trunk.forward(self.words.forward(words)?);
        Ok(TokenStreams {
            mean: self.ln_final.forward(self.mean.forward(shared.clone())),
            sigma: self.sigma.forward(shared),
            lengths: words.lengths().to_vec(),
        })
    }
}
