//! What a class says about its own position.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};
use halation_kernels::gelu;

use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`PositionContext`].
#[derive(Config, Debug, PartialEq, Eq)]
pub struct PositionContextConfig {
    /// Classes `K`.
    pub classes: usize,
    /// Numbers for each class.
    #[config(default = 64)]
    pub embed_dim: usize,
    /// Width of each hidden layer.
    #[config(default = 64)]
    pub hidden: usize,
    /// Hidden layers.
    #[config(default = 1)]
    pub layers: usize,
    /// Width of the context `C`.
    #[config(default = 32)]
    pub output: usize,
}

/// A context that sees nothing but the position's own class: embedding, layers of linear and GELU, linear layer (the encoder of the
/// coupling model in Argmax Flows, 2021).
#[derive(Module, Debug)]
pub struct PositionContext {
    /// A vector for each class.
    pub embedding: Embedding,
    /// The hidden layers.
    pub hidden: Vec<Linear>,
    /// To the context.
    pub output: Linear,
}

impl PositionContextConfig {
    /// The published sizes: 512, one layer of 512, 128.
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
            Some((field, _)) => config_error("PositionContextConfig", field, 0, "a layer needs at least one number"),
            None => Ok(()),
        }
    }

    /// The context with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> PositionContext {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let width = |layer| if layer == 0 { self.embed_dim } else { self.hidden };
        PositionContext {
            embedding: EmbeddingConfig::new(self.classes, self.embed_dim).init(device),
            hidden: (0..self.layers).map(|i| LinearConfig::new(width(i), self.hidden).init(device)).collect(),
            output: LinearConfig::new(width(self.layers), self.output).init(device),
        }
    }
}

impl PositionContext {
    /// The context of each position.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`
    /// * output: `[B, L, C]`
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let embedded = self.embedding.forward(ids);
        self.output.forward(self.hidden.iter().fold(embedded, |x, layer| gelu(layer.forward(x))))
    }
}
