//! Settings of the image tower, with the published sizes.

use burn::config::Config;
use burn::module::Initializer;
use burn::nn::LinearConfig;
use burn::tensor::Device;

use super::{ClipActivation, ClipVision, PatchEmbedding, TransformerConfig};
use crate::LayerNormConfig;
use crate::ModelError;

/// Settings of a [`ClipVision`].
#[derive(Config, Debug)]
pub struct ClipVisionConfig {
    /// Side `S` of the images in pixels.
    pub image_size: usize,
    /// Side `P` of the patches in pixels; divides `S`.
    pub patch_size: usize,
    /// Numbers `d` for each token.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads; OpenAI's models have `d / 64`.
    pub heads: usize,
    /// Dimension `D` of the embedding.
    pub embed_dim: usize,
    /// Width of the hidden layer of the MLPs; `4 d` if left open.
    #[config(default = "None")]
    pub mlp_width: Option<usize>,
    /// Activation of the MLPs.
    #[config(default = "ClipActivation::QuickGelu")]
    pub activation: ClipActivation,
}

impl ClipVisionConfig {
    /// ViT-B/32 at 224 px: 50 tokens of 768 numbers, 12 blocks, `D` = 512.
    pub fn vit_b_32() -> Self {
        Self::new(224, 32, 768, 12, 12, 512)
    }

    /// ViT-B/16 at 224 px: 197 tokens of 768 numbers, 12 blocks, `D` = 512.
    pub fn vit_b_16() -> Self {
        Self::new(224, 16, 768, 12, 12, 512)
    }

    /// ViT-L/14 at 224 px: 257 tokens of 1024 numbers, 24 blocks, `D` = 768.
    pub fn vit_l_14() -> Self {
        Self::new(224, 14, 1024, 24, 16, 768)
    }

    /// Tokens of an image, `1 + (S / P)^2`.
    pub fn tokens(&self) -> usize {
        1 + (self.image_size / self.patch_size).pow(2)
    }

    /// The transformer of this tower.
    pub fn transformer(&self) -> TransformerConfig {
        TransformerConfig::new(self.width, self.layers, self.heads)
            .with_mlp_width(self.mlp_width)
            .with_activation(self.activation)
    }

    /// Whether a tower can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong =
            |field, found, expected| Err(ModelError::Config { config: "ClipVisionConfig", field, found, expected });
        if self.patch_size == 0 || self.image_size == 0 || !self.image_size.is_multiple_of(self.patch_size) {
            return wrong("patch_size", self.patch_size.to_string(), "it must divide the image size");
        }
        if self.embed_dim == 0 {
            return wrong("embed_dim", "0".into(), "embeddings need at least one number");
        }
        self.transformer().check()
    }

    /// The tower with random weights.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ClipVision {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        ClipVision {
            patches: PatchEmbedding::new(self, device),
            transformer: self.transformer().init(device),
            ln_post: LayerNormConfig::new(self.width).init(device),
            proj: projection(self.width, self.embed_dim, device),
        }
    }
}

/// The projection of a tower: no bias, from N(0, 1 / d).
pub(super) fn projection(width: usize, embed_dim: usize, device: &Device) -> burn::nn::Linear {
    LinearConfig::new(width, embed_dim)
        .with_bias(false)
        .with_initializer(Initializer::Normal { mean: 0.0, std: (width as f64).powf(-0.5) })
        .init(device)
}
