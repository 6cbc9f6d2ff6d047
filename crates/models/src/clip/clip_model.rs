//! The two towers and their temperature.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::{ClipText, ClipVision};
use crate::ModelError;
use crate::encoder::Words;
use crate::head::l2_normalize;

/// Contrastive language-image model (Radford et al. 2021), made by [`ClipConfig`](super::ClipConfig); published weights
/// come in through [`load_clip`](crate::weights::load_clip).
#[derive(Module, Debug)]
pub struct Clip {
    /// Images.
    pub visual: ClipVision,
    /// Captions.
    pub text: ClipText,
    /// Natural logarithm of the factor on the cosines, `[1]`. OpenAI's training keeps the factor at most 100.
    pub logit_scale: Param<Tensor<1>>,
}

impl Clip {
    /// Embeds images as unit-length points.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, S, S]`, normalised with CLIP's own mean and deviation
    /// * output: `[B, D]`
    ///
    /// # Errors
    /// [`ModelError::ImageSize`].
    pub fn embed_images(&self, images: Tensor<4>) -> Result<Tensor<2>, ModelError> {
        Ok(l2_normalize(self.visual.forward(images)?.pooled))
    }

    /// Embeds captions as unit-length points.
    ///
    /// # Shapes
    /// * output: `[B, D]`
    ///
    /// # Errors
    /// [`ModelError::CaptionTooLong`].
    ///
    /// # Panics
    /// In the backend, if a token is outside the vocabulary; [`Words::from_sequences`] checks that.
    pub fn embed_captions(&self, words: &Words) -> Result<Tensor<2>, ModelError> {
        Ok(l2_normalize(self.text.forward(words)?.pooled))
    }

    /// `exp(logit_scale) <v, t>` for every pair.
    ///
    /// # Shapes
    /// * `images`: `[N, D]` and `captions`: `[M, D]`, of unit length
    /// * output: `[N, M]`
    pub fn logits(&self, images: Tensor<2>, captions: Tensor<2>) -> Tensor<2> {
        images.matmul(captions.transpose()) * self.logit_scale.val().exp().unsqueeze::<2>()
    }
}
