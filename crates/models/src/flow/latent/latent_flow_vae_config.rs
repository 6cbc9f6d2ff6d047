//! Settings of the latent-flow auto-encoder.

use burn::config::Config;
use burn::nn::{EmbeddingConfig, LinearConfig};
use burn::tensor::Device;

use super::{LatentFlowVae, LatentPriorConfig, PositionTable, TimeOrder};
use crate::ModelError;
use crate::flow::LstmConfig;
use crate::head::config_error;

/// Settings of a [`LatentFlowVae`].
#[derive(Config, Debug)]
pub struct LatentFlowVaeConfig {
    /// Classes `K`.
    pub classes: usize,
    /// The prior, which also says how many dimensions a latent has and how long sequences get.
    pub prior: LatentPriorConfig,
    /// Numbers for each class.
    #[config(default = 500)]
    pub embed_dim: usize,
    /// State of each direction of encoder and decoder.
    #[config(default = 500)]
    pub hidden: usize,
    /// Layers of encoder and decoder.
    #[config(default = 2)]
    pub layers: usize,
}

impl LatentFlowVaeConfig {
    /// AF/AF: autoregressive over time and over dimensions, 50 latent dimensions, five layers.
    pub fn autoregressive_paper(classes: usize, max_length: usize) -> Self {
        Self::new(classes, LatentPriorConfig::new(50, max_length))
    }

    /// IAF/SCF: inverse autoregressive over time, coupling layers over dimensions, 50 latent dimensions, three layers.
    pub fn inverse_autoregressive_paper(classes: usize, max_length: usize) -> Self {
        let prior = LatentPriorConfig::new(50, max_length)
            .with_order(TimeOrder::InverseAutoregressive)
            .with_coupling(true)
            .with_flow_layers(3);
        Self::new(classes, prior)
    }

    /// Whether a model can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "LatentFlowVaeConfig";
        if self.classes < 2 {
            return config_error(NAME, "classes", self.classes, "a choice needs at least two classes");
        }
        for (field, value) in [("embed_dim", self.embed_dim), ("hidden", self.hidden), ("layers", self.layers)] {
            if value == 0 {
                return config_error(NAME, field, 0, "there must be at least one");
            }
        }
        self.prior.check()
    }

    /// The model with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> LatentFlowVae {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let (dim, position) = (self.prior.dim, self.prior.position_dim);
        let lstm =
            |input| LstmConfig::new(input, self.hidden).with_layers(self.layers).with_bidirectional(true).init(device);
        LatentFlowVae {
            embedding: EmbeddingConfig::new(self.classes, self.embed_dim).init(device),
            positions: PositionTable::new(self.prior.max_length, position, device),
            encoder: lstm(self.embed_dim + position),
            posterior: LinearConfig::new(2 * self.hidden, 2 * dim).init(device),
            prior: self.prior.init(device),
            decoder: lstm(dim + position),
            output: LinearConfig::new(dim + 2 * self.hidden, self.classes).init(device),
        }
    }
}
