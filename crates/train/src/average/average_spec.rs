//! An average of weights as a recipe names it.

use serde::{Deserialize, Serialize};

use super::{EmaConfig, SwaConfig};

/// Which average of the weights is kept beside the trained ones.
///
/// In a recipe: `average = { kind = "ema", decay = 0.999 }` or `average = { kind = "swa", from_epoch = 15 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum AverageSpec {
    /// An exponential moving average, updated after every step.
    Ema(EmaConfig),
    /// The mean over epochs from one on.
    Swa(SwaConfig),
}

impl AverageSpec {
    /// The name that recipes and checkpoints use.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ema(_) => "ema",
            Self::Swa(_) => "swa",
        }
    }

    /// What is wrong with its numbers, if anything.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        match self {
            Self::Ema(EmaConfig { decay, .. }) if !(0.0..1.0).contains(decay) => Some("its decay is not in [0, 1)"),
            Self::Swa(SwaConfig { every_epochs: 0, .. }) => Some("it averages every 0 epochs"),
            _ => None,
        }
    }
}
