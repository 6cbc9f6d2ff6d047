//! Settings of the text tower, with the published sizes.

use burn::config::Config;
use burn::tensor::Device;

use super::clip_vision_config::projection;
use super::{ClipActivation, ClipText, TextPooling, TokenEmbedding, TransformerConfig};
use crate::LayerNormConfig;
use crate::ModelError;

/// Settings of a [`ClipText`].
#[derive(Config, Debug)]
pub struct ClipTextConfig {
    /// Numbers `d` for each token.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads; OpenAI's models have `d / 64`.
    pub heads: usize,
    /// Dimension `D` of the embedding.
    pub embed_dim: usize,
    /// Tokens `V` in the vocabulary.
    #[config(default = 49408)]
    pub vocabulary: usize,
    /// Longest caption in tokens, with start and end.
    #[config(default = 77)]
    pub context: usize,
    /// Width of the hidden layer of the MLPs; `4 d` if left open.
    #[config(default = "None")]
    pub mlp_width: Option<usize>,
    /// Activation of the MLPs.
    #[config(default = "ClipActivation::QuickGelu")]
    pub activation: ClipActivation,
    /// Which token stands for a caption.
    #[config(default = "TextPooling::HighestToken")]
    pub pooling: TextPooling,
}

impl ClipTextConfig {
    /// The text tower of ViT-B/32 and B/16: 512 numbers, 12 blocks, `D` = 512.
    pub fn vit_b() -> Self {
        Self::new(512, 12, 8, 512)
    }

    /// The text tower of ViT-L/14: 768 numbers, 12 blocks, `D` = 768.
    pub fn vit_l() -> Self {
        Self::new(768, 12, 12, 768)
    }

    /// The transformer of this tower.
    pub fn transformer(&self) -> TransformerConfig {
        TransformerConfig::new(self.width, self.layers, self.heads)
            .with_mlp_width(self.mlp_width)
            .with_activation(self.activation)
            .with_causal(true)
    }

    /// Whether a tower can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        let wrong =
            |field, found, expected| Err(ModelError::Config { config: "ClipTextConfig", field, found, expected });
        if self.vocabulary == 0 {
            return wrong("vocabulary", "0".into(), "captions need at least one token");
        }
        if self.context == 0 {
            return wrong("context", "0".into(), "captions need at least one position");
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
    pub fn init(&self, device: &Device) -> ClipText {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        ClipText {
            words: TokenEmbedding::new(self, device),
            transformer: self.transformer().init(device),
            ln_final: LayerNormConfig::new(self.width).init(device),
            proj: projection(self.width, self.embed_dim, device),
            pooling: self.pooling,
        }
    }
}
