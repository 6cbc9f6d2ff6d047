//! Settings of the prior over latents.

use burn::config::Config;
use burn::nn::LinearConfig;
use burn::tensor::Device;

use super::{HiddenCoupling, HiddenFlow, LatentPrior, MaskedNetwork, NonlinearSquared, PositionTable, TimeOrder};
use crate::ModelError;
use crate::flow::LstmConfig;
use crate::head::config_error;

/// Settings of a [`LatentPrior`].
#[derive(Config, Debug)]
pub struct LatentPriorConfig {
    /// Dimensions `D` of a latent.
    pub dim: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// What a time step looks back at.
    #[config(default = "TimeOrder::Autoregressive")]
    pub order: TimeOrder,
    /// Whether the layers over dimensions are coupling layers (SCF) instead of autoregressive ones (AF).
    #[config(default = false)]
    pub coupling: bool,
    /// State of the LSTM over time.
    #[config(default = 500)]
    pub hidden: usize,
    /// Layers of that LSTM.
    #[config(default = 2)]
    pub lstm_layers: usize,
    /// Numbers that stand for a position.
    #[config(default = 16)]
    pub position_dim: usize,
    /// Layers of flow over dimensions; their order turns round after each.
    #[config(default = 5)]
    pub flow_layers: usize,
    /// Width of the networks of these layers.
    #[config(default = 100)]
    pub flow_hidden: usize,
    /// Hidden layers of these networks.
    #[config(default = 2)]
    pub flow_depth: usize,
}

impl LatentPriorConfig {
    /// Whether a prior can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "LatentPriorConfig";
        for (field, value) in [
            ("dim", self.dim),
            ("max_length", self.max_length),
            ("hidden", self.hidden),
            ("lstm_layers", self.lstm_layers),
            ("position_dim", self.position_dim),
            ("flow_layers", self.flow_layers),
        ] {
            if value == 0 {
                return config_error(NAME, field, 0, "there must be at least one");
            }
        }
        if self.flow_depth > 0 && !self.coupling && self.flow_hidden < self.dim {
            return config_error(
                NAME,
                "flow_hidden",
                self.flow_hidden,
                "each dimension needs a hidden unit of its own",
            );
        }
        if self.flow_depth > 0 && self.flow_hidden == 0 {
            return config_error(NAME, "flow_hidden", 0, "there must be at least one");
        }
        Ok(())
    }

    /// The prior with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> LatentPrior {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let sizes = [self.dim, self.hidden, NonlinearSquared::PARAMETERS];
        let layer = || match self.coupling {
            true => HiddenFlow::Coupling(HiddenCoupling::new(sizes, self.flow_hidden, self.flow_depth, device)),
            false => HiddenFlow::Autoregressive(MaskedNetwork::new(sizes, self.flow_hidden, self.flow_depth, device)),
        };
        let input = LinearConfig::new(self.dim + self.position_dim, self.hidden).init(device);
        LatentPrior {
            positions: PositionTable::new(self.max_length, self.position_dim, device),
            input,
            lstm: LstmConfig::new(self.hidden, self.hidden).with_layers(self.lstm_layers).init(device),
            flows: (0..self.flow_layers).map(|_| layer()).collect(),
            order: self.order,
        }
    }
}
