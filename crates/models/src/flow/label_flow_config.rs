//! Settings of a flow over label maps.

use burn::config::Config;
use burn::nn::EmbeddingConfig;
use burn::nn::conv::Conv2dConfig;
use burn::tensor::Device;

use super::argmax::{ArgmaxInverse, Dequantization, SurjectionMethod};
use super::{ConditionalImageFlowConfig, ImageFlowConfig, LabelFlow};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`LabelFlow`].
#[derive(Config, Debug)]
pub struct LabelFlowConfig {
    /// How points are drawn; [`ArgmaxInverse::Sign`] is for bits and not for maps.
    pub method: SurjectionMethod,
    /// Height and width of a map.
    pub size: [usize; 2],
    /// `q(u | x)`; its channels are the classes, its context the width of the embedding.
    pub noise: ConditionalImageFlowConfig,
    /// `p(v)`; its channels are the classes.
    pub density: ImageFlowConfig,
}

impl LabelFlowConfig {
    /// Whether a flow can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "LabelFlowConfig";
        if self.method == SurjectionMethod::Argmax(ArgmaxInverse::Sign) {
            return config_error(
                NAME,
                "method",
                "Sign",
                "signs are for bits: use a softplus threshold or a Gumbel form",
            );
        }
        let parts = 1 << self.density.levels;
        if let Some(side) = self.size.iter().find(|side| **side == 0 || !side.is_multiple_of(parts)) {
            return config_error(NAME, "size", side, "both sides must be multiples of 2^levels");
        }
        if self.noise.channels != self.density.channels {
            return config_error(NAME, "noise.channels", self.noise.channels, "as many as the density has");
        }
        self.noise.check()?;
        self.density.check()
    }

    /// The flow, all couplings the identity.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> LabelFlow {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let (classes, context) = (self.density.channels, self.noise.context);
        let has_locations =
            matches!(self.method, SurjectionMethod::Argmax(ArgmaxInverse::Gumbel | ArgmaxInverse::GumbelThreshold));
        let has_noise = !matches!(
            self.method,
            SurjectionMethod::Argmax(ArgmaxInverse::Gumbel) | SurjectionMethod::Dequantization(Dequantization::Uniform)
        );
        LabelFlow {
            embedding: EmbeddingConfig::new(classes, context).init(device),
            noise: has_noise.then(|| self.noise.init(device)),
            locations: has_locations.then(|| Conv2dConfig::new([context, classes], [1, 1]).init(device)),
            density: self.density.init(device),
            method: self.method,
            size: self.size,
        }
    }
}
