//! Settings of either context.

use burn::config::Config;
use burn::tensor::Device;

use super::{ContextEncoder, PositionContextConfig, RecurrentContextConfig};
use crate::ModelError;

/// Settings of a [`ContextEncoder`].
#[derive(Config, Debug, PartialEq, Eq)]
pub enum ContextConfig {
    /// Sees the whole sequence.
    Recurrent(RecurrentContextConfig),
    /// Sees the position's own class.
    Position(PositionContextConfig),
}

impl ContextConfig {
    /// Whether a context can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        match self {
            Self::Recurrent(config) => config.check(),
            Self::Position(config) => config.check(),
        }
    }

    /// Classes `K`.
    pub fn classes(&self) -> usize {
        match self {
            Self::Recurrent(config) => config.classes,
            Self::Position(config) => config.classes,
        }
    }

    /// Width of the context `C`.
    pub fn output(&self) -> usize {
        match self {
            Self::Recurrent(config) => config.output,
            Self::Position(config) => config.output,
        }
    }

    /// The context with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ContextEncoder {
        match self {
            Self::Recurrent(config) => ContextEncoder::Recurrent(config.init(device)),
            Self::Position(config) => ContextEncoder::Position(config.init(device)),
        }
    }
}
