//! ProLIP: towers with an uncertainty token.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use halation_models::clip::{Clip, ProLipText, ProLipVision};
use halation_models::encoder::Words;
use halation_models::pcme::Embedding;

/// Both towers, each with a token `[UNC]` and the layer that reads it.
#[derive(Module, Debug)]
pub struct UncTokenTowers {
    /// The image tower.
    pub image: ProLipVision,
    /// The text tower.
    pub text: ProLipText,
}

impl UncTokenTowers {
    /// Gives towers, loaded or random, their tokens.
    pub fn new(clip: Clip, log_var_init: f64, device: &Device) -> Self {
        Self {
            image: ProLipVision::new(clip.visual, log_var_init, device),
            text: ProLipText::new(clip.text, log_var_init, device),
        }
    }

    /// Embeds images, `[B, 3, S, S]`.
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        Embedding::Normal(super::fits(self.image.forward(images)))
    }

    /// Embeds captions.
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        Embedding::Normal(super::fits(self.text.forward(words)))
    }

    /// Stops or lets gradients into the towers; tokens and their layers always train.
    pub fn train_towers(mut self, train: bool) -> Self {
        self.image.tower = self.image.tower.set_require_grad(train);
        self.text.tower = self.text.tower.set_require_grad(train);
        self
    }
}
