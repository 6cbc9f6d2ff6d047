//! The text tower of ProLIP: a token of its own for the uncertainty.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_core::dist::{DiagNormal, LogVar};

use super::ClipText;
use super::prolip_head::{log_var_head, unc_token};
use super::text_pooling::pick;
use crate::ModelError;
use crate::encoder::Words;
use crate::head::l2_normalize;

/// A [`ClipText`] with an uncertainty token right after each caption's last token (ProLIP, Chun et al., ICLR 2025): the
/// mean is CLIP's embedding, of unit length; `log_var = Linear(ln_final([UNC]))`.
///
/// `[UNC]` reads the whole caption and no padding, and as it comes last the mean is that of the plain tower. The
/// published code takes the log-variance from the projected class token instead; its checkpoints' names are not mapped.
#[derive(Module, Debug)]
pub struct ProLipText {
    /// The tower.
    pub tower: ClipText,
    /// The token `[UNC]`, `[d]`, its position included.
    pub unc_token: Param<Tensor<1>>,
    /// From `d` to `D` log-variances.
    pub log_var: Linear,
}

impl ProLipText {
    /// Gives a tower, loaded or random, an uncertainty token. The log-variances start near `log_var_bias` (ProLIP: -10).
    pub fn new(tower: ClipText, log_var_bias: f64, device: &Device) -> Self {
        let [width, embed_dim] = tower.proj.weight.shape().dims();
        Self {
            unc_token: unc_token(width, device),
            log_var: log_var_head(width, embed_dim, log_var_bias, device),
            tower,
        }
    }

    /// A distribution for each caption.
    ///
    /// # Errors
    /// [`ModelError::CaptionTooLong`].
    ///
    /// # Panics
    /// In the backend, if a token is outside the vocabulary; [`Words::from_sequences`] checks that.
    pub fn forward(&self, words: &Words) -> Result<DiagNormal, ModelError> {
        let tokens = self.tower.words.forward(words)?;
        let [batch, count, width] = tokens.dims();
        let device = tokens.device();
        let here: Vec<f32> = words
            .lengths()
            .iter()
            .flat_map(|&length| (0..=count).map(move |position| f32::from(position == length)))
            .collect();
        let here = Tensor::<3>::from_data(TensorData::new(here, [batch, count + 1, 1]), &device);
        let room = Tensor::zeros([batch, 1, width], &device);
        let tokens = Tensor::cat(vec![tokens, room], 1) * (-here.clone() + 1.0)
            + here * self.unc_token.val().reshape([1, 1, width]); // [B, T + 1, d]
        let tokens = self.tower.transformer.forward(tokens);

        let ends: Vec<i64> = words.lengths().iter().map(|&length| length as i64).collect();
        let ends = Tensor::<1, Int>::from_data(TensorData::new(ends, [batch]), &device);
        let read = |positions| self.tower.ln_final.forward(pick(tokens.clone(), positions));
        let mean = l2_normalize(self.tower.proj.forward(read(self.tower.pooling.positions(words))));
        Ok(DiagNormal::new(mean, LogVar(self.log_var.forward(read(ends)))))
    }
}
