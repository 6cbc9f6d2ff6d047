//! What a hedged instance embedding is made of.

use burn::config::Config;

/// The kind of embedding that a [`HibEncoder`](super::HibEncoder) gives.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum HibHead {
    /// A point: the control without hedging.
    Point,
    /// A normal distribution with diagonal covariance ("MoG-1").
    Normal,
    /// A mixture of so many normal distributions ("MoG-2" has two).
    Mixture(usize),
}

impl HibHead {
    /// Normal distributions of each embedding; 1 for a point.
    pub fn components(self) -> usize {
        match self {
            Self::Point | Self::Normal => 1,
            Self::Mixture(components) => components,
        }
    }
}
