//! PCME++: towers whose last blocks are doubled.

use crate::recipe::ClipOptions;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use halation_models::ModelError;
use halation_models::clip::{BranchedText, BranchedVision, Clip, ClipConfig, TokenStreams};
use halation_models::encoder::Words;
use halation_models::head::{PcmePpHead, PcmePpHeadConfig};
use halation_models::pcme::Embedding;

/// Both towers and their heads.
#[derive(Module, Debug)]
pub struct BranchedTowers {
    /// The image tower.
    pub image: BranchedVision,
    /// The text tower.
    pub text: BranchedText,
    /// The head of the images.
    pub image_head: PcmePpHead,
    /// The head of the captions.
    pub text_head: PcmePpHead,
}

impl BranchedTowers {
    /// Doubles the last blocks of towers, loaded or random, and puts heads on them.
    ///
    /// # Errors
    /// More blocks to double than there are, other sizes that cannot be.
    pub fn new(
        clip: Clip,
        config: &ClipConfig,
        options: &ClipOptions,
        dim: usize,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let head = |width: usize| {
            let config = PcmePpHeadConfig::new(width, dim).with_logvar_bias_init(options.log_var_init);
            config.check().map(|()| config.init(device))
        };
        Ok(Self {
            image: BranchedVision::new(clip.visual, &config.vision, options.branched_blocks, device)?,
            text: BranchedText::new(clip.text, &config.text, options.branched_blocks, device)?,
            image_head: head(config.vision.width)?,
            text_head: head(config.text.width)?,
        })
    }

    /// Embeds images, `[B, 3, S, S]`.
    pub fn embed_images(&self, images: Tensor<4>) -> Embedding {
        embed(&self.image_head, super::fits(self.image.forward(images)))
    }

    /// Embeds captions.
    pub fn embed_captions(&self, words: &Words) -> Embedding {
        embed(&self.text_head, super::fits(self.text.forward(words)))
    }

    /// Stops or lets gradients into what came from CLIP; the doubled blocks and the heads always train.
    pub fn train_towers(mut self, train: bool) -> Self {
        self.image.patches = self.image.patches.set_require_grad(train);
        self.image.trunk = self.image.trunk.set_require_grad(train);
        self.image.mean = self.image.mean.set_require_grad(train);
        self.text.words = self.text.words.set_require_grad(train);
        self.text.trunk = self.text.trunk.set_require_grad(train);
        self.text.mean = self.text.mean.set_require_grad(train);
        self.text.ln_final = self.text.ln_final.set_require_grad(train);
        self
    }
}

fn embed(head: &PcmePpHead, streams: TokenStreams) -> Embedding {
    Embedding::Normal(super::fits(head.forward(streams.mean, streams.sigma, &streams.lengths)))
}
