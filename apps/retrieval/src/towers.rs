//! The two towers of a model, whatever they pool by.

use burn::module::Module;
use burn::tensor::Tensor;
use halation_models::encoder::{ResNet, WordTable, Words};
use halation_models::pcme::{Embedding, Pcme};
use halation_models::vse::Vse;

/// What turns images and captions into embeddings.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // one value per model: a box would save nothing
pub enum Towers {
    /// Local attention: points, sets of points, or distributions.
    Attention(Pcme),
    /// Generalised pooling: points.
    Pooling(Vse),
}

impl Towers {
    /// Embeds images, `[B, 3, S, S]`.
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        match self {
            Self::Attention(towers) => towers.embed_images(images),
            Self::Pooling(towers) => towers.embed_images(images),
        }
    }

    /// Embeds captions.
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        match self {
            Self::Attention(towers) => towers.embed_captions(words),
            Self::Pooling(towers) => towers.embed_captions(words),
        }
    }

    /// The convolutional network.
    pub fn cnn_mut(&mut self) -> &mut ResNet {
        match self {
            Self::Attention(towers) => &mut towers.image.cnn,
            Self::Pooling(towers) => &mut towers.image.cnn,
        }
    }

    /// The word vectors.
    pub fn words_mut(&mut self) -> &mut WordTable {
        match self {
            Self::Attention(towers) => &mut towers.text.words,
            Self::Pooling(towers) => &mut towers.text.words,
        }
    }

    /// Stops or lets gradients into the convolutional network and the word vectors.
    pub fn train_backbones(self, train: bool) -> Self {
        match (self, train) {
            (Self::Attention(towers), true) => Self::Attention(towers.unfreeze_backbones()),
            (Self::Attention(towers), false) => Self::Attention(towers.freeze_backbones()),
            (Self::Pooling(towers), true) => Self::Pooling(towers.unfreeze_backbones()),
            (Self::Pooling(towers), false) => Self::Pooling(towers.freeze_backbones()),
        }
    }
}
