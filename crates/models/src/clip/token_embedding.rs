//! A caption becomes a sequence: token vectors and positions.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Tensor};

use super::ClipTextConfig;
use crate::ModelError;
use crate::encoder::Words;

/// Token vectors plus position embedding.
#[derive(Module, Debug)]
pub struct TokenEmbedding {
    /// Token vectors, `[V, d]`.
    pub token_embedding: Embedding,
    /// Positions, `[context, d]`.
    pub positional_embedding: Param<Tensor<2>>,
}

impl TokenEmbedding {
    pub(super) fn new(config: &ClipTextConfig, device: &Device) -> Self {
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        Self {
            token_embedding: EmbeddingConfig::new(config.vocabulary, config.width)
                .with_initializer(normal(0.02))
                .init(device),
            positional_embedding: normal(0.01).init([config.context, config.width], device),
        }
    }

    /// Longest sequence there are positions for.
    pub fn context(&self) -> usize {
        self.positional_embedding.shape()[0]
    }

    /// The sequence.
    ///
    /// # Shapes
    /// * output: `[B, T, d]`, `T` the longest length in the batch
    ///
    /// # Errors
    /// [`ModelError::CaptionTooLong`].
    ///
    /// # Panics
    /// In the backend, if a token is outside the vocabulary; [`Words::from_sequences`] checks that.
    pub fn forward(&self, words: &Words) -> Result<Tensor<3>, ModelError> {
        let context = self.context();
        let lengths = words.lengths();
        if let Some(row) = lengths.iter().position(|&length| length > context) {
            return Err(ModelError::CaptionTooLong { row, length: lengths[row], context });
        }
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let tokens = words.tokens().clone().narrow(1, 0, longest); // padding costs time and changes nothing
        let positions = self.positional_embedding.val().narrow(0, 0, longest).unsqueeze::<3>();
        Ok(self.token_embedding.forward(tokens) + positions)
    }
}
