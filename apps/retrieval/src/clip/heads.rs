//! Two heads on features that come from elsewhere: frozen towers, or an earlier run.

use super::{FeatureHead, Features, HeadSpec};
use burn::module::Module;
use burn::tensor::Device;
use halation_models::ModelError;
use halation_models::pcme::Embedding;

/// A head for images and one for captions.
#[derive(Module, Debug)]
pub struct Heads {
    /// Images.
    pub image: FeatureHead,
    /// Captions.
    pub text: FeatureHead,
}

impl Heads {
    /// Heads with random weights.
    ///
    /// # Errors
    /// Sizes that cannot be.
    pub fn new([image, text]: [HeadSpec; 2], device: &Device) -> Result<Self, ModelError> {
        Ok(Self { image: image.init(device)?, text: text.init(device)? })
    }

    /// Embeds images.
    pub fn images(&self, features: &Features) -> Embedding {
        self.image.forward(features)
    }

    /// Embeds captions.
    pub fn captions(&self, features: &Features) -> Embedding {
        self.text.forward(features)
    }
}
