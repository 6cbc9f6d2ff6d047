//! The `[model]` table.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The two towers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Model {
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
