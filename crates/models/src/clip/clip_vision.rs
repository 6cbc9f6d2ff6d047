//! The image tower: a vision transformer.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

use super::{ClipFeatures, PatchEmbedding, Transformer};
use crate::LayerNorm;
use crate::ModelError;

/// CLIP's vision transformer (Radford et al. 2021, section 2.4), made by
/// [`ClipVisionConfig`](super::ClipVisionConfig).
#[derive(Module, Debug)]
pub struct ClipVision {
    /// Image to tokens.
    pub patches: PatchEmbedding,
    /// The blocks.
    pub transformer: Transformer,
    /// Norm of the class token after the last block.
    pub ln_post: LayerNorm,
    /// Projection of the class token, from `d` to `D`, no bias.
    pub proj: Linear,
}

impl ClipVision {
    /// Tokens and embedding of images.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, S, S]`, normalised with CLIP's own mean and deviation
    ///
    /// # Errors
    /// [`ModelError::ImageSize`].
    pub fn forward(&self, images: Tensor<4>) -> Result<ClipFeatures, ModelError> {
        let tokens = self.transformer.forward(self.patches.forward(images)?);
        let class = tokens.clone().narrow(1, 0, 1).squeeze_dim::<2>(1); // [B, d]
        let pooled = self.proj.forward(self.ln_post.forward(class));
        Ok(ClipFeatures { tokens, pooled })
    }
}
