//! The `[model]` table.

use super::Head;
use halation_models::hib::HibConfig;
use serde::{Deserialize, Serialize};

/// The network.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// What an embedding is.
    pub head: Head,
    /// Dimension D of the embedding; published with 2 and 3.
    pub dim: usize,
    /// Channels of the two convolutions.
    pub channels: [usize; 2],
    /// Widths of the two layers behind them.
    pub hidden: [usize; 2],
    /// Bias of log sigma at the start.
    pub log_std_init: f64,
}

impl Default for Model {
    fn default() -> Self {
        Self { head: Head::default(), dim: 2, channels: [6, 16], hidden: [120, 84], log_std_init: 0.0 }
    }
}

impl Model {
    /// The settings of the network for images of `digits` digits.
    pub fn config(&self, digits: usize) -> HibConfig {
        HibConfig::new(digits, self.dim, self.head.of_model())
            .with_channels(self.channels)
            .with_hidden(self.hidden)
            .with_log_std_init(self.log_std_init)
    }
}
