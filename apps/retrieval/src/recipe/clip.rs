//! The `[model.clip]` table: sizes of the towers, and what sits on them.

use anyhow::{anyhow, bail};
use halation_models::clip::{ClipActivation, ClipConfig, ClipTextConfig, ClipVisionConfig};
use halation_models::weights::{LoadOptions, clip_sizes};
use halation_train::user_error::user;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// CLIP towers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClipOptions {
    /// A published size; left out, the sizes are read from `model.weights`.
    pub size: Option<ClipSize>,
    /// Sizes written out, where they are not published ones; a run's own recipe always has them.
    pub sizes: Option<ClipSizes>,
    /// Start from random weights: there is no file to load.
    pub random_weights: bool,
    /// Activation of the MLPs, which no weight file tells: OpenAI's have `quick-gelu`, most of OpenCLIP's `gelu`.
    pub activation: Activation,
    /// What becomes of captions longer than the context.
    pub long_captions: LongCaptions,
    /// What makes an embedding of the tokens; the one that goes with the method, if left out.
    pub head: Option<Head>,
    /// Start of the log-variance of heads that have it as a bias.
    pub log_var_init: f64,
    /// Last blocks that PCME++ doubles when its towers train.
    pub branched_blocks: usize,
}

impl Default for ClipOptions {
    fn default() -> Self {
        Self {
            size: None,
            sizes: None,
            random_weights: false,
            activation: Activation::QuickGelu,
            long_captions: LongCaptions::Truncate,
            head: None,
            log_var_init: -10.0,
            branched_blocks: 1,
        }
    }
}

impl ClipOptions {
    /// The sizes of the towers: written out, published, or from the header of the weight file.
    ///
    /// # Errors
    /// User errors: nothing to take them from, a file of another model, sizes that cannot be.
    pub fn resolve(&self, weights: Option<&Path>) -> anyhow::Result<ClipSizes> {
        let sizes = match (self.sizes, self.size, weights) {
            (Some(sizes), ..) => sizes,
            (None, Some(ClipSize::VitB32), _) => ClipSizes::of(&ClipConfig::vit_b_32()),
            (None, Some(ClipSize::VitB16), _) => ClipSizes::of(&ClipConfig::vit_b_16()),
            (None, Some(ClipSize::VitL14), _) => ClipSizes::of(&ClipConfig::vit_l_14()),
            (None, None, Some(file)) => {
                ClipSizes::of(&clip_sizes(file, &LoadOptions::new()).map_err(|error| user(error.into()))?)
            }
            (None, None, None) => {
                return Err(user(anyhow!(
                    "CLIP towers have no size: name a weight file with `model.weights`, or set `model.clip.size` and `model.clip.random_weights`"
                )));
            }
        };
        sizes.config(self.activation).check().map_err(|error| user(error.into()))?;
        Ok(sizes)
    }

    /// Values that make no sense.
    pub fn check(&self) -> anyhow::Result<()> {
        if !self.log_var_init.is_finite() {
            bail!("recipe key `model.clip.log_var_init` is {}; it must be finite", self.log_var_init);
        }
        if self.branched_blocks == 0 {
            bail!("recipe key `model.clip.branched_blocks` is 0; PCME++ doubles at least the last block");
        }
        Ok(())
    }
}

/// The published sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the documentation
pub enum ClipSize {
    #[serde(rename = "vit-b-32")]
    VitB32,
    #[serde(rename = "vit-b-16")]
    VitB16,
    #[serde(rename = "vit-l-14")]
    VitL14,
}

/// All sizes of two towers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipSizes {
    /// Side of the images, pixels.
    pub image_size: usize,
    /// Side of a patch, pixels.
    pub patch: usize,
    /// Numbers for each token of the image tower.
    pub vision_width: usize,
    /// Blocks of the image tower.
    pub vision_layers: usize,
    /// Attention heads of the image tower.
    pub vision_heads: usize,
    /// Numbers for each token of the text tower.
    pub text_width: usize,
    /// Blocks of the text tower.
    pub text_layers: usize,
    /// Attention heads of the text tower.
    pub text_heads: usize,
    /// Dimension of CLIP's own embedding.
    pub dim: usize,
    /// Longest caption in tokens, with start and end.
    #[serde(default = "context")]
    pub context: usize,
    /// Tokens of the vocabulary.
    #[serde(default = "vocabulary")]
    pub vocabulary: usize,
}

fn context() -> usize {
    77
}

fn vocabulary() -> usize {
    49_408
}

impl ClipSizes {
    fn of(config: &ClipConfig) -> Self {
        let ClipConfig { vision, text } = config;
        Self {
            image_size: vision.image_size,
            patch: vision.patch_size,
            vision_width: vision.width,
            vision_layers: vision.layers,
            vision_heads: vision.heads,
            text_width: text.width,
            text_layers: text.layers,
            text_heads: text.heads,
            dim: vision.embed_dim,
            context: text.context,
            vocabulary: text.vocabulary,
        }
    }

    /// The towers' settings.
    pub fn config(&self, activation: Activation) -> ClipConfig {
        let vision = ClipVisionConfig::new(
            self.image_size,
            self.patch,
            self.vision_width,
            self.vision_layers,
            self.vision_heads,
            self.dim,
        );
        let text = ClipTextConfig::new(self.text_width, self.text_layers, self.text_heads, self.dim)
            .with_context(self.context)
            .with_vocabulary(self.vocabulary);
        ClipConfig::new(vision, text).with_activation(activation.into())
    }
}

impl From<Activation> for ClipActivation {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::QuickGelu => Self::QuickGelu,
            Activation::Gelu => Self::Gelu,
        }
    }
}

/// Activation of the MLPs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names are the documentation
pub enum Activation {
    QuickGelu,
    Gelu,
}

/// What becomes of captions longer than the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LongCaptions {
    /// Their last tokens are cut off, the end token stays; how many there are is reported
    Truncate,
    /// An error that names the first
    Refuse,
}

/// What makes an embedding of a tower's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Head {
    /// Generalised pooling of all tokens, the last block doubled where the towers train; with `model.point` the mean alone
    #[serde(rename = "pcme++")]
    PcmePp,
    /// An uncertainty token beside the class token
    #[serde(rename = "prolip")]
    ProLip,
    /// An attention block whose channels are split between mean and width
    #[serde(rename = "map")]
    Map,
    /// CLIP's own embedding, a point; a linear map of it where the towers are frozen
    #[serde(rename = "clip")]
    Clip,
    /// A generalised normal around the frozen embedding (ProbVLM); for method `adapter`
    #[serde(rename = "adapter")]
    Adapter,
}
