//! Settings of the two towers together, with the published sizes.

use burn::config::Config;
use burn::module::Initializer;
use burn::tensor::Device;

use super::{Clip, ClipActivation, ClipTextConfig, ClipVisionConfig};
use crate::ModelError;

/// Settings of a [`Clip`].
///
/// ```
/// use halation_models::clip::{ClipActivation, ClipConfig};
///
/// let openai = ClipConfig::vit_b_32();
/// // OpenCLIP's and ProLIP's weights want the exact GELU:
/// let open_clip = ClipConfig::vit_b_32().with_activation(ClipActivation::Gelu);
/// # assert!(openai.check().is_ok() && open_clip.check().is_ok());
/// ```
#[derive(Config, Debug)]
pub struct ClipConfig {
    /// The image tower.
    pub vision: ClipVisionConfig,
    /// The text tower.
    pub text: ClipTextConfig,
}

impl ClipConfig {
    /// ViT-B/32 at 224 px.
    pub fn vit_b_32() -> Self {
        Self::new(ClipVisionConfig::vit_b_32(), ClipTextConfig::vit_b())
    }

    /// ViT-B/16 at 224 px.
    pub fn vit_b_16() -> Self {
        Self::new(ClipVisionConfig::vit_b_16(), ClipTextConfig::vit_b())
    }

    /// ViT-L/14 at 224 px.
    pub fn vit_l_14() -> Self {
        Self::new(ClipVisionConfig::vit_l_14(), ClipTextConfig::vit_l())
    }

    /// The same sizes with another activation in both towers.
    pub fn with_activation(mut self, activation: ClipActivation) -> Self {
        self.vision.activation = activation;
        self.text.activation = activation;
        self
    }

    /// Whether a model can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        self.vision.check()?;
        self.text.check()?;
        if self.text.embed_dim != self.vision.embed_dim {
            return Err(ModelError::Config {
                config: "ClipConfig",
                field: "text.embed_dim",
                found: format!("{} beside vision.embed_dim {}", self.text.embed_dim, self.vision.embed_dim),
                expected: "both towers must embed into one space",
            });
        }
        Ok(())
    }

    /// The model with random weights and `logit_scale` = ln(1 / 0.07).
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> Clip {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        Clip {
            visual: self.vision.init(device),
            text: self.text.init(device),
            logit_scale: Initializer::Constant { value: -(0.07_f64.ln()) }.init([1], device),
        }
    }
}
