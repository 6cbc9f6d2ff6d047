//! What a whole sequence says about each of its positions.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use crate::ModelError;
use crate::flow::{Lstm, LstmConfig};
use crate::head::config_error;

/// Settings of a [`RecurrentContext`].
#[derive(Config, Debug, PartialEq, Eq)]
pub struct RecurrentContextConfig {
    /// Classes `K`.
    pub classes: usize,
    /// Numbers for each class.
    #[config(default = 64)]
    pub embed_dim: usize,
    /// State of each reading direction.
    #[config(default = 64)]
    pub hidden: usize,
    /// Width of the context `C`.
    #[config(default = 32)]
    pub output: usize,
}

/// A context that sees the whole sequence: embedding, bidirectional LSTM, linear layer (the encoder of the autoregressive model in
/// Argmax Flows, 2021).
#[derive(Module, Debug)]
pub struct RecurrentContext {
    /// A vector for each class.
    pub embedding: Embedding,
    /// The reader.
    pub lstm: Lstm,
    /// From both of its states to the context.
    pub output: Linear,
}

impl RecurrentContextConfig {
    /// The published sizes: 512, 512, 128.
    pub fn paper(classes: usize) -> Self {
        Self::new(classes).with_embed_dim(512).with_hidden(512).with_output(128)
    }

    /// Whether a context can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let sizes = [("embed_dim", self.embed_dim), ("hidden", self.hidden), ("output", self.output)];
        match sizes.into_iter().find(|(_, size)| *size == 0) {
            Some((field, _)) => config_error("RecurrentContextConfig", field, 0, "a layer needs at least one number"),
            None => Ok(()),
        }
    }

    /// The context with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> RecurrentContext {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        RecurrentContext {
            embedding: EmbeddingConfig::new(self.classes, self.embed_dim).init(device),
            lstm: LstmConfig::new(self.embed_dim, self.hidden).with_bidirectional(true).init(device),
            output: LinearConfig::new(2 * self.hidden, self.output).init(device),
        }
    }
}

impl RecurrentContext {
    /// The context of each position.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`
    /// * output: `[B, L, C]`
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        self.output.forward(self.lstm.forward(self.embedding.forward(ids)))
    }
}
