//! The two towers.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{VseImageTower, VseTextTower};
use crate::encoder::Words;
use crate::pcme::Embedding;

/// Visual-semantic embedding with generalised pooling, made by [`VseConfig`](super::VseConfig).
#[derive(Module, Debug)]
pub struct Vse {
    /// Images.
    pub image: VseImageTower,
    /// Captions.
    pub text: VseTextTower,
}

impl Vse {
    /// Embeds images as points.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, H, W]`, normalised as in training
    /// * output: `B` embeddings of dimension `D`
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        Embedding::Point(self.image.forward(images))
    }

    /// Embeds captions as points.
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        Embedding::Point(self.text.forward(words))
    }

    /// Stops gradients into the convolutional network and the word vectors.
    pub fn freeze_backbones(mut self) -> Self {
        self.image.cnn = self.image.cnn.no_grad();
        self.text.words = self.text.words.no_grad();
        self
    }

    /// Lets gradients into the convolutional network and the word vectors again.
    pub fn unfreeze_backbones(mut self) -> Self {
        self.image.cnn = self.image.cnn.set_require_grad(true);
        self.text.words = self.text.words.set_require_grad(true);
        self
    }
}
