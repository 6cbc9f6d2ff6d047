//! A caption becomes an embedding: word vectors, GRUs, a mean head and a sigma head.

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor, TensorData};

use super::Embedding;
use crate::ModelError;
use crate::encoder::{BiGru, PackedWords, WordTable, Words};
use crate::head::{MeanHead, SigmaHead};

/// The text side of [`Pcme`](super::Pcme). Attention and GRUs read the raw word vectors.
#[derive(Module, Debug)]
pub struct TextTower {
    /// Word vectors.
    pub words: WordTable,
    /// Global feature of the mean, to `D`.
    pub gru: BiGru,
    /// The mean.
    pub mean_head: MeanHead,
    /// Global feature of the sigma, to `D`; none in a model of points.
    pub sigma_gru: Option<BiGru>,
    /// The sigma; none in a model of points.
    pub sigma_head: Option<SigmaHead>,
}

impl TextTower {
    /// Embeds captions.
    ///
    /// # Panics
    /// In the backend, if a token is outside the word table; [`Words::from_sequences`] checks that.
    pub fn forward(&self, words: &Words) -> Embedding {
        self.forward_vectors(self.words.forward(words), words.lengths()).expect("`Words` checks its lengths")
    }

    /// Embeds sequences of word vectors that come from elsewhere.
    ///
    /// # Shapes
    /// * `vectors`: `[B, L, d]`
    /// * `lengths`: `B` values in `1..=L`
    ///
    /// # Errors
    /// [`ModelError::NoSequences`], [`ModelError::LengthCount`], [`ModelError::Length`].
    pub fn forward_vectors(&self, vectors: Tensor<3>, lengths: &[usize]) -> Result<Embedding, ModelError> {
        let packed = PackedWords::new(vectors.clone(), lengths)?;
        let padding = padding(lengths, vectors.dims()[1], &vectors.device());
        let mean = self.mean_head.forward_set(self.gru.forward(&packed), vectors.clone(), Some(padding.clone()));
        let log_std = match (&self.sigma_gru, &self.sigma_head) {
            (Some(gru), Some(head)) => Some(head.forward(gru.forward(&packed), vectors, Some(padding))),
            _ => None,
        };
        Ok(Embedding::new(mean, log_std))
    }
}

/// `[B, width]`, true past the end of each sequence.
fn padding(lengths: &[usize], width: usize, device: &Device) -> Tensor<2, Bool> {
    let flags: Vec<bool> =
        lengths.iter().flat_map(|&length| (0..width).map(move |position| position >= length)).collect();
    Tensor::from_data(TensorData::new(flags, [lengths.len(), width]), &device.clone().without_autodiff())
}
