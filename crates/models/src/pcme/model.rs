//! The two towers.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Embedding, ImageTower, TextTower};
use crate::encoder::Words;

/// Probabilistic cross-modal embedding, made by [`PcmeConfig`](super::PcmeConfig).
#[derive(Module, Debug)]
pub struct Pcme {
    /// Images.
    pub image: ImageTower,
    /// Captions.
    pub text: TextTower,
}

impl Pcme {
    /// Embeds images.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, H, W]`, normalised as in training
    /// * output: `B` embeddings of dimension `D`
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        self.image.forward(images)
    }

    /// Embeds feature maps that were computed before, so that heads can be trained without the network.
    ///
    /// # Shapes
    /// * `features`: `[B, C, h, w]`, of [`features`](crate::encoder::ResNet::features)
    /// * output: `B` embeddings of dimension `D`
    ///
    /// # Panics
    /// If `C` differs from the network's.
    pub fn embed_features(&self, features: Tensor<4>) -> Embedding {
        self.image.forward_features(features)
    }

    /// Embeds captions.
    ///
    /// # Shapes
    /// * output: `B` embeddings of dimension `D`
    ///
    /// # Panics
    /// In the backend, if a token is outside the word table; [`Words::from_sequences`] checks that.
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        self.text.forward(words)
    }

    /// First training stage: image network and word vectors get no gradients, everything else does. Batch norms stay
    /// in train mode and their running statistics move, as in the reference.
    pub fn freeze_backbones(mut self) -> Self {
        self.image.cnn = self.image.cnn.no_grad();
        self.text.words = self.text.words.no_grad();
        self
    }

    /// Second training stage: everything gets gradients.
    pub fn unfreeze_backbones(mut self) -> Self {
        self.image.cnn = self.image.cnn.set_require_grad(true);
        self.text.words = self.text.words.set_require_grad(true);
        self
    }
}
