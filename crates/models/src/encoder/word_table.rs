//! Word vectors by index, from a matrix (GloVe) or random.

use burn::config::Config;
use burn::module::{Module, Param};
use burn::nn::{Embedding, EmbeddingConfig};
use burn::tensor::{Device, Tensor, TensorData};

use super::Words;
use crate::ModelError;

/// Settings of a [`WordTable`].
#[derive(Config, Debug)]
pub struct WordTableConfig {
    /// Words `V` in the vocabulary.
    pub vocabulary: usize,
    /// Numbers for each word.
    #[config(default = 300)]
    pub dim: usize,
}

/// A table of word vectors, `[V, dim]`.
#[derive(Module, Debug)]
pub struct WordTable {
    /// The rows.
    pub embedding: Embedding,
}

impl WordTableConfig {
    /// Rows drawn from N(0, 1), PyTorch's default, which the reference keeps for words that GloVe does not know.
    pub fn init(&self, device: &Device) -> WordTable {
        WordTable { embedding: EmbeddingConfig::new(self.vocabulary, self.dim).init(device) }
    }

    /// Rows from a matrix, row-major.
    ///
    /// # Shapes
    /// * `vectors`: `vocabulary * dim` numbers
    ///
    /// # Errors
    /// [`ModelError::WordVectors`] if there are more or fewer numbers.
    pub fn init_with(&self, vectors: Vec<f32>, device: &Device) -> Result<WordTable, ModelError> {
        let (rows, columns) = (self.vocabulary, self.dim);
        if vectors.len() != rows * columns {
            return Err(ModelError::WordVectors { found: vectors.len(), rows, columns });
        }
        let weight = Tensor::from_data(TensorData::new(vectors, [rows, columns]), device);
        Ok(WordTable { embedding: Embedding { weight: Param::from_tensor(weight) } })
    }
}

impl WordTable {
    /// Looks the words up.
    ///
    /// # Shapes
    /// * output: `[B, L, dim]`
    ///
    /// # Panics
    /// In the backend, if a token is outside the table; [`Words::from_sequences`] checks that.
    pub fn forward(&self, words: &Words) -> Tensor<3> {
        self.embedding.forward(words.tokens().clone())
    }
}
