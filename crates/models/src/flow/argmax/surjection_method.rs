//! Every way from categories to numbers.

use burn::config::Config;

use super::{ArgmaxInverse, Dequantization, NoiseLaw};

/// How categories become points whose class can be read off.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum SurjectionMethod {
    /// A probabilistic inverse of the argmax: the points fill the whole space.
    Argmax(ArgmaxInverse),
    /// Noise on one-hot vectors: the points fill a cube beside each corner.
    Dequantization(Dequantization),
}

impl SurjectionMethod {
    /// The noise that a draw takes.
    pub fn noise_law(self) -> NoiseLaw {
        match self {
            Self::Argmax(ArgmaxInverse::Gumbel) | Self::Dequantization(Dequantization::Uniform) => NoiseLaw::Uniform,
            Self::Argmax(_) | Self::Dequantization(Dequantization::Variational) => NoiseLaw::Normal,
        }
    }

    /// Numbers that the network gives for each dimension: mean and log standard deviation of a normal, and a location of a Gumbel, where
    /// the method has them.
    pub fn parameters(self) -> usize {
        match self {
            Self::Dequantization(Dequantization::Uniform) => 0,
            Self::Argmax(ArgmaxInverse::Gumbel) => 1,
            Self::Argmax(ArgmaxInverse::GumbelThreshold) => 3,
            Self::Argmax(_) | Self::Dequantization(Dequantization::Variational) => 2,
        }
    }
}
