//! PCME++ as pretrained on image-caption pairs: branched towers that are read at one token.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use halation_core::dist::{DiagNormal, LogVar};

use super::clip_vision_config::projection;
use super::text_pooling::pick;
use super::{BranchedText, BranchedVision, ClipConfig, TextPooling};
use crate::LayerNorm;
use crate::ModelError;
use crate::encoder::Words;
use crate::head::l2_normalize;

/// Settings of a [`BranchedClip`].
#[derive(Config, Debug)]
pub struct BranchedClipConfig {
    /// The towers.
    pub clip: ClipConfig,
    /// Last blocks that are doubled; the released models say how many in their file.
    #[config(default = 2)]
    pub blocks: usize,
}

/// The pretrained PCME++ of its authors (`HfPCMEPPModel`, Chun, ICLR 2024): the class token of an image and the end token of
/// a caption, each of two branches.
///
/// ```text
/// image:    mean = normalize(W (ln_post m_cls))     log_var = U s_cls
/// caption:  mean = normalize(W (ln_final m_end))    log_var = U s_end
/// ```
///
/// `m` and `s` are the tokens of the mean's and the uncertainty's last blocks; no biases. (The models of the paper's COCO
/// tables pool all tokens instead: [`BranchedVision`] under a [`PcmePpHead`](crate::head::PcmePpHead).)
#[derive(Module, Debug)]
pub struct BranchedClip {
    /// The image tower.
    pub image: BranchedVision,
    /// Norm of the class token of the mean.
    pub image_norm: LayerNorm,
    /// `W` of images.
    pub image_proj: Linear,
    /// `U` of images.
    pub image_sigma: Linear,
    /// The text tower.
    pub text: BranchedText,
    /// `W` of captions.
    pub text_proj: Linear,
    /// `U` of captions.
    pub text_sigma: Linear,
    /// Natural logarithm of CLIP's factor on the cosines, `[1]`; PCME++ does not use it.
    pub logit_scale: Param<Tensor<1>>,
    /// `b` of the match logits, `[1]`.
    pub shift: Param<Tensor<1>>,
    /// `a` of the match logits, `[1]`.
    pub negative_scale: Param<Tensor<1>>,
}

impl BranchedClipConfig {
    /// The model with random weights.
    ///
    /// # Errors
    /// [`ModelError::Config`] for sizes that cannot be, or more blocks to double than there are.
    pub fn init(&self, device: &Device) -> Result<BranchedClip, ModelError> {
        self.clip.check()?;
        let clip = self.clip.init(device);
        let (vision, text) = (&self.clip.vision, &self.clip.text);
        let one = || Initializer::Ones.init([1], device);
        Ok(BranchedClip {
            image_norm: clip.visual.ln_post.clone(),
            image_proj: clip.visual.proj.clone(),
            image_sigma: projection(vision.width, vision.embed_dim, device),
            image: BranchedVision::new(clip.visual, vision, self.blocks, device)?,
            text_proj: clip.text.proj.clone(),
            text_sigma: projection(text.width, text.embed_dim, device),
            text: BranchedText::new(clip.text, text, self.blocks, device)?,
            logit_scale: clip.logit_scale,
            shift: one(),
            negative_scale: one(),
        })
    }
}

impl BranchedClip {
    /// A distribution for each image.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, S, S]`, normalised with CLIP's own mean and deviation
    /// * output: `B` normals of dimension `D`, means of unit length
    ///
    /// # Errors
    /// [`ModelError::ImageSize`].
    pub fn embed_images(&self, images: Tensor<4>) -> Result<DiagNormal, ModelError> {
        let tokens = self.image.forward(images)?;
        let class = |tokens: Tensor<3>| tokens.narrow(1, 0, 1).squeeze_dim::<2>(1); // [B, d]
        let mean = self.image_proj.forward(self.image_norm.forward(class(tokens.mean)));
        Ok(DiagNormal::new(l2_normalize(mean), LogVar(self.image_sigma.forward(class(tokens.sigma)))))
    }

    /// A distribution for each caption.
    ///
    /// # Errors
    /// [`ModelError::CaptionTooLong`].
    ///
    /// # Panics
    /// In the backend, if a token is outside the vocabulary; [`Words::from_sequences`] checks that.
    pub fn embed_captions(&self, words: &Words) -> Result<DiagNormal, ModelError> {
        let tokens = self.text.forward(words)?;
        let end = |tokens| pick(tokens, TextPooling::HighestToken.positions(words)); // [B, d]
        let mean = self.text_proj.forward(end(tokens.mean));
        Ok(DiagNormal::new(l2_normalize(mean), LogVar(self.text_sigma.forward(end(tokens.sigma)))))
    }
}
