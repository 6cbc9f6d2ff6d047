//! Settings of the whole model, checked before it is built.

use burn::config::Config;
use burn::nn::LinearConfig;
use burn::tensor::Device;

use super::{Vse, VseImageTower, VseTextTower};
use crate::ModelError;
use crate::encoder::{BiGruConfig, ResNetConfig, WordTableConfig};
use crate::head::GpoPoolingConfig;

/// Settings of a [`Vse`].
///
/// ```
/// use halation_models::encoder::ResNetConfig;
/// use halation_models::vse::VseConfig;
///
/// let config = VseConfig::new(ResNetConfig::small(vec![16, 32], vec![1, 1]), 500).with_embed_dim(64);
/// assert!(config.check().is_ok());
/// ```
#[derive(Config, Debug)]
pub struct VseConfig {
    /// The convolutional network, without classifier.
    pub image: ResNetConfig,
    /// Words in the table.
    pub vocabulary: usize,
    /// Dimension of a word vector.
    #[config(default = 300)]
    pub word_dim: usize,
    /// Dimension `D` of the embedding.
    #[config(default = 1024)]
    pub embed_dim: usize,
    /// Pooling of either tower.
    #[config(default = "GpoPoolingConfig::new()")]
    pub pooling: GpoPoolingConfig,
}

impl VseConfig {
    /// Whether a model can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong = |field, found, expected| Err(ModelError::Config { config: "VseConfig", field, found, expected });
        self.image.check()?;
        self.pooling.check()?;
        if self.image.classes.is_some() {
            return wrong("image.classes", format!("{:?}", self.image.classes), "the image tower has no classifier");
        }
        for (field, value) in
            [("vocabulary", self.vocabulary), ("word_dim", self.word_dim), ("embed_dim", self.embed_dim)]
        {
            if value == 0 {
                return wrong(field, "0".into(), "at least 1");
            }
        }
        Ok(())
    }

    /// Random weights.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> Vse {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        Vse {
            image: VseImageTower {
                cnn: self.image.init(device),
                fc: LinearConfig::new(self.image.feature_channels(), self.embed_dim).init(device),
                pooling: self.pooling.init(device),
            },
            text: VseTextTower {
                words: WordTableConfig::new(self.vocabulary).with_dim(self.word_dim).init(device),
                gru: BiGruConfig::new(self.word_dim, self.embed_dim).init(device),
                pooling: self.pooling.init(device),
            },
        }
    }
}
