//! What an embedding is, as recipes name it.

use halation_models::hib::HibHead;
use serde::{Deserialize, Serialize};

/// The kind of embedding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// A point: the control.
    #[serde(rename = "point")]
    Point,
    /// A normal distribution.
    #[default]
    #[serde(rename = "mog-1")]
    Mog1,
    /// Two normal distributions in equal parts.
    #[serde(rename = "mog-2")]
    Mog2,
}

impl Head {
    /// The head of the model.
    pub fn of_model(self) -> HibHead {
        match self {
            Self::Point => HibHead::Point,
            Self::Mog1 => HibHead::Normal,
            Self::Mog2 => HibHead::Mixture(2),
        }
    }

    /// Normal distributions of each embedding.
    pub fn components(self) -> usize {
        self.of_model().components()
    }

    /// Its name in a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Mog1 => "mog-1",
            Self::Mog2 => "mog-2",
        }
    }
}
