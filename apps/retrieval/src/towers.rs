//! The two towers of a model, whatever they pool by.

use crate::clip::{BranchedTowers, Heads, UncTokenTowers, WholeTowers, fits};
use burn::module::Module;
use burn::tensor::Tensor;
use halation_models::clip::BranchedClip;
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
    /// CLIP, its last blocks doubled (PCME++).
    Branched(BranchedTowers),
    /// CLIP with an uncertainty token (ProLIP).
    UncToken(UncTokenTowers),
    /// CLIP as published, a head on each tower.
    Whole(WholeTowers),
    /// A pretrained PCME++ of its authors.
    Pretrained(BranchedClip),
    /// Heads alone: their features come from towers that do not train.
    Heads(Heads),
}

const FROZEN: &str = "the towers of this model are frozen, and are asked for its features first";

impl Towers {
    /// Embeds images, `[B, 3, S, S]`.
    ///
    /// # Panics
    /// For heads on frozen towers, which embed features.
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        match self {
            Self::Attention(towers) => towers.embed_images(images),
            Self::Pooling(towers) => towers.embed_images(images),
            Self::Branched(towers) => towers.embed_images(images),
            Self::UncToken(towers) => towers.embed_images(images),
            Self::Whole(towers) => towers.embed_images(images),
            Self::Pretrained(towers) => Embedding::Normal(fits(towers.embed_images(images))),
            Self::Heads(_) => panic!("{FROZEN}"),
        }
    }

    /// Embeds captions.
    ///
    /// # Panics
    /// As [`embed_images`](Self::embed_images).
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        match self {
            Self::Attention(towers) => towers.embed_captions(words),
            Self::Pooling(towers) => towers.embed_captions(words),
            Self::Branched(towers) => towers.embed_captions(words),
            Self::UncToken(towers) => towers.embed_captions(words),
            Self::Whole(towers) => towers.embed_captions(words),
            Self::Pretrained(towers) => Embedding::Normal(fits(towers.embed_captions(words))),
            Self::Heads(_) => panic!("{FROZEN}"),
        }
    }

    /// The heads of frozen towers.
    ///
    /// # Panics
    /// For towers that train.
    pub fn heads(&self) -> &Heads {
        match self {
            Self::Heads(heads) => heads,
            _ => panic!("only frozen towers have heads apart"),
        }
    }

    /// The convolutional network and the word vectors; CLIP has neither.
    pub fn backbones_mut(&mut self) -> Option<(&mut ResNet, &mut WordTable)> {
        match self {
            Self::Attention(towers) => Some((&mut towers.image.cnn, &mut towers.text.words)),
            Self::Pooling(towers) => Some((&mut towers.image.cnn, &mut towers.text.words)),
            Self::Branched(_) | Self::UncToken(_) | Self::Whole(_) | Self::Pretrained(_) | Self::Heads(_) => None,
        }
    }

    /// Stops or lets gradients into what may be pretrained: the convolutional network and the word vectors, or CLIP.
    pub fn train_backbones(self, train: bool) -> Self {
        match (self, train) {
            (Self::Attention(towers), true) => Self::Attention(towers.unfreeze_backbones()),
            (Self::Attention(towers), false) => Self::Attention(towers.freeze_backbones()),
            (Self::Pooling(towers), true) => Self::Pooling(towers.unfreeze_backbones()),
            (Self::Pooling(towers), false) => Self::Pooling(towers.freeze_backbones()),
            (Self::Branched(towers), train) => Self::Branched(towers.train_towers(train)),
            (Self::UncToken(towers), train) => Self::UncToken(towers.train_towers(train)),
            (Self::Whole(towers), train) => Self::Whole(towers.train_towers(train)),
            (Self::Pretrained(towers), train) => Self::Pretrained(towers.set_require_grad(train)),
            (Self::Heads(heads), _) => Self::Heads(heads),
        }
    }
}
