//! The image tower of PCME++: the last blocks doubled, one branch for the mean and one for the uncertainty.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{ClipVision, ClipVisionConfig, PatchEmbedding, TokenStreams, Transformer};
use crate::ModelError;

/// A [`ClipVision`] whose last `n` blocks have a twin with fresh weights beside them (PCME++, Chun, ICLR 2024; the
/// published models have `n = 1`). Both read the tokens of the shared trunk. All tokens are kept, without last norm and
/// projection.
#[derive(Module, Debug)]
pub struct BranchedVision {
    /// Image to tokens.
    pub patches: PatchEmbedding,
    /// The shared blocks.
    pub trunk: Transformer,
    /// The last blocks, for the mean.
    pub mean: Transformer,
    /// Their twins, for the uncertainty (`uncertainty_transformer` in the published code).
    pub sigma: Transformer,
}

impl BranchedVision {
    /// Branches the last `blocks` blocks of a tower, loaded or random. The twins get the initialisation of
    /// [`TransformerConfig::init`](super::TransformerConfig::init), not copies (the published code leaves those of the
    /// image tower at PyTorch's defaults).
    ///
    /// # Errors
    /// [`ModelError::Config`] if `config` does not describe the tower, or has fewer than `blocks` blocks.
    pub fn new(
        tower: ClipVision,
        config: &ClipVisionConfig,
        blocks: usize,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let sigma = twins(&config.transformer(), &tower.transformer, blocks, device)?;
        let (trunk, mean) = tower.transformer.split_last(blocks);
        Ok(Self { patches: tower.patches, trunk, mean, sigma })
    }

    /// Both sequences of tokens, the class token first.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, S, S]`
    /// * output: `[B, 1 + (S / P)^2, d]` each
    ///
    /// # Errors
    /// [`ModelError::ImageSize`].
    pub fn forward(&self, images: Tensor<4>) -> Result<TokenStreams, ModelError> {
        let shared = self.trunk.forward(self.patches.forward(images)?);
        let [batch, count, _] = shared.dims();
        Ok(TokenStreams {
            mean: self.mean.forward(shared.clone()),
            sigma: self.sigma.forward(shared),
            lengths: vec![count; batch],
        })
    }
}

/// Fresh blocks beside the last of a tower.
pub(super) fn twins(
    config: &super::TransformerConfig,
    transformer: &Transformer,
    blocks: usize,
    device: &Device,
) -> Result<Transformer, ModelError> {
    let wrong = |field, found: String, expected| {
        Err(ModelError::Config { config: "TransformerConfig", field, found, expected })
    };
    config.check()?;
    let first = &transformer.resblocks[0];
    if config.layers != transformer.resblocks.len() {
        return wrong("layers", config.layers.to_string(), "it must be the number of blocks of the tower given");
    }
    if config.width != first.attn.out_proj.weight.shape()[0] {
        return wrong("width", config.width.to_string(), "it must be the width of the tower given");
    }
    if blocks == 0 || blocks > config.layers {
        return wrong(
            "layers",
            config.layers.to_string(),
            "at least one block, and no more than there are, is branched",
        );
    }
    // Deep as the whole tower: the initial scale of a block shrinks with the depth.
    let (_, last) = config.init(device).split_last(blocks);
    Ok(last)
}
