//! The image tower of ProLIP: a token of its own for the uncertainty.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};
use halation_core::dist::{DiagNormal, LogVar};

use super::ClipVision;
use super::prolip_head::{log_var_head, unc_token};
use crate::ModelError;
use crate::head::l2_normalize;

/// A [`ClipVision`] with an uncertainty token at the end of the sequence (ProLIP, Chun et al., ICLR 2025): the mean is
/// CLIP's embedding, of unit length; `log_var = Linear(ln_post([UNC]))`.
///
/// The published code applies `ln_post` twice to the class token; here once. The published checkpoints' names are not
/// mapped.
#[derive(Module, Debug)]
pub struct ProLipVision {
    /// The tower.
    pub tower: ClipVision,
    /// The token `[UNC]`, `[d]`, its position included.
    pub unc_token: Param<Tensor<1>>,
    /// From `d` to `D` log-variances.
    pub log_var: Linear,
}

impl ProLipVision {
    /// Gives a tower, loaded or random, an uncertainty token. The log-variances start near `log_var_bias` (ProLIP: -10;
    /// at 0 they would drown the means).
    pub fn new(tower: ClipVision, log_var_bias: f64, device: &Device) -> Self {
        let [width, embed_dim] = tower.proj.weight.shape().dims();
        Self {
            unc_token: unc_token(width, device),
            log_var: log_var_head(width, embed_dim, log_var_bias, device),
            tower,
        }
    }

    /// A distribution for each image.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, S, S]`
    /// * output: `B` normals of dimension `D`
    ///
    /// # Errors
    /// [`ModelError::ImageSize`].
    pub fn forward(&self, images: Tensor<4>) -> Result<DiagNormal, ModelError> {
        let tokens = self.tower.patches.tokens(images)?;
        let [batch, count, width] = tokens.dims();
        let unc = self.unc_token.val().reshape([1, 1, width]).expand([batch, 1, width]);
        let tokens = self.tower.patches.ln_pre.forward(Tensor::cat(vec![tokens, unc], 1)); // [B, T + 1, d]
        let tokens = self.tower.transformer.forward(tokens);
        let read = |position| self.tower.ln_post.forward(tokens.clone().narrow(1, position, 1).squeeze_dim::<2>(1));
        let mean = l2_normalize(self.tower.proj.forward(read(0)));
        Ok(DiagNormal::new(mean, LogVar(self.log_var.forward(read(count)))))
    }
}
