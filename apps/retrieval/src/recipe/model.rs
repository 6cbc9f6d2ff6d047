//! The `[model]` table.

use super::ClipOptions;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The two towers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
    /// What the towers are: `cnn` (a convolutional network and word vectors), `clip`, an earlier `run`, frozen, or two `files`.
    pub towers: TowerKind,
    /// Weights of CLIP towers: safetensors in OpenAI's, OpenCLIP's or transformers' layout.
    pub weights: Option<PathBuf>,
    /// The merge list of CLIP's tokenizer: `bpe_simple_vocab_16e6.txt.gz`, or `merges.txt` of a checkpoint.
    pub bpe: Option<PathBuf>,
    /// The run whose embeddings are the features, for `towers = "run"`.
    pub run: Option<PathBuf>,
    /// Embeddings of the images, by their ids in the data set, for `towers = "files"`.
    pub image_embeddings: Option<PathBuf>,
    /// Embeddings of the captions, by their ids in the data set.
    pub caption_embeddings: Option<PathBuf>,
    /// CLIP towers get no gradients: their features are computed once, and heads of their own train on them.
    pub freeze_towers: bool,
    /// Whether features of frozen towers are kept on disk; `false` computes those of a batch at every step.
    pub cache_features: bool,
    /// The rest of `towers = "clip"`.
    pub clip: ClipOptions,
    /// The image encoder.
    pub backbone: Backbone,
    /// Channels of the `patches` backbone, or of the first stage of `small`, whose second and third have twice and four
    /// times as many.
    pub width: usize,
    /// Weights for the backbone: safetensors in the layout of torchvision or timm.
    pub backbone_weights: Option<PathBuf>,
    /// Word vectors in GloVe's text format; words without one keep their random vector.
    pub glove: Option<PathBuf>,
    /// Dimension of a word vector.
    pub word_dim: usize,
    /// Dimension of the embedding.
    pub dim: usize,
    /// What makes one embedding of the parts of an item.
    pub pooling: Pooling,
    /// Points of each item: 1, or several for method `pvse` (with `point = true`).
    pub points: usize,
    /// Mean only: the same encoder without the branches that predict sigma.
    pub point: bool,
    /// Bias of log sigma at the start; 0 as published.
    pub log_std_init: f64,
    /// Gather the text state as the published PCME does (its backward half has seen one token only).
    pub legacy_pooling: bool,
}

impl Default for Model {
    fn default() -> Self {
        Self {
            towers: TowerKind::Cnn,
            weights: None,
            bpe: None,
            run: None,
            image_embeddings: None,
            caption_embeddings: None,
            freeze_towers: false,
            cache_features: true,
            clip: ClipOptions::default(),
            backbone: Backbone::Small,
            width: 16,
            backbone_weights: None,
            glove: None,
            word_dim: 64,
            dim: 64,
            pooling: Pooling::Attention,
            points: 1,
            point: false,
            log_std_init: 0.0,
            legacy_pooling: false,
        }
    }
}

impl Model {
    /// Whether features come from towers that do not train.
    pub fn is_frozen(&self) -> bool {
        match self.towers {
            TowerKind::Cnn => false,
            TowerKind::Clip => self.freeze_towers,
            TowerKind::Run | TowerKind::Files => true,
        }
    }
}

/// What the towers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TowerKind {
    /// A convolutional network for images, word vectors and a GRU for captions
    Cnn,
    /// CLIP's two transformers
    Clip,
    /// The means of an earlier run: for an adapter on top of a model that is done
    Run,
    /// Embeddings that another program made: for an adapter
    Files,
}

/// The image encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are the documentation
pub enum Backbone {
    /// Three stages for images of 32 to 64 pixels
    Small,
    /// One stage on patches of 4 x 4 pixels: the cheapest
    Patches,
    Resnet18,
    Resnet34,
    Resnet50,
    Resnet101,
    Resnet152,
}

/// What makes one embedding of the positions of an image or the words of a caption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Local attention beside a global feature (PIE-Net), as PVSE and PCME; the only one that predicts widths
    Attention,
    /// Generalised pooling, as VSE-infinity; points only
    Gpo,
}
