//! CLIP's towers as published, training together with a head on each.

use super::{FeatureKind, Features, HeadSpec, Heads};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use halation_models::ModelError;
use halation_models::clip::{Clip, ClipText, ClipVision};
use halation_models::encoder::Words;
use halation_models::pcme::Embedding;

/// Both towers and their heads.
#[derive(Module, Debug)]
pub struct WholeTowers {
    /// The image tower.
    pub image: ClipVision,
    /// The text tower.
    pub text: ClipText,
    /// The heads.
    pub heads: Heads,
    /// What they read: tokens, or CLIP's own embedding.
    #[module(skip)]
    pub tokens: bool,
}

impl WholeTowers {
    /// Puts heads on towers, loaded or random.
    ///
    /// # Errors
    /// Sizes that cannot be.
    pub fn new(clip: Clip, heads: [HeadSpec; 2], device: &Device) -> Result<Self, ModelError> {
        let tokens = heads[0].head.features() == FeatureKind::Tokens;
        Ok(Self { image: clip.visual, text: clip.text, heads: Heads::new(heads, device)?, tokens })
    }

    fn kind(&self) -> FeatureKind {
        if self.tokens { FeatureKind::Tokens } else { FeatureKind::Pooled }
    }

    /// Embeds images, `[B, 3, S, S]`.
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        self.heads.images(&Features::of_images(&self.image, self.kind(), images))
    }

    /// Embeds captions.
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        self.heads.captions(&Features::of_captions(&self.text, self.kind(), words))
    }

    /// Stops or lets gradients into the towers.
    pub fn train_towers(mut self, train: bool) -> Self {
        self.image = self.image.set_require_grad(train);
        self.text = self.text.set_require_grad(train);
        self
    }
}
