//! How generation ends.

use serde::{Deserialize, Serialize};

/// What happens at the step to `x_0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinalStep {
    /// A draw, as at every step: the samples follow the model's distribution.
    #[default]
    Sample,
    /// The most probable class: cleaner samples, of less entropy.
    Argmax,
}
