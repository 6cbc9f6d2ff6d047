//! An image of digits becomes a hedged embedding.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Tensor, assert_shape};
use halation_core::dist::{DiagNormal, LogStd};

use super::{DIGIT, DigitCnn, HibEmbedding, HibHead, MixtureParameters};

/// The encoder of the N-digit experiments of hedged instance embeddings (Oh et al., ICLR 2019), made by
/// [`HibConfig`](super::HibConfig).
///
/// The source at hand says no more of the network than "small, LeNet-like"; this one has LeNet-5's layers. Each parameter of
/// the distribution is a linear function of its features: means, log standard deviations, logits of the mixture weights.
#[derive(Module, Debug)]
pub struct HibEncoder {
    /// Features.
    pub cnn: DigitCnn,
    /// Means, component after component, `C D`.
    pub mean: Linear,
    /// Log standard deviations, component after component, `C D`; none in a network of points.
    pub log_std: Option<Linear>,
    /// Logits of the mixture weights, `C`; only in a network of mixtures.
    pub weight: Option<Linear>,
    /// Digits in each image.
    #[module(skip)]
    pub digits: usize,
    /// What an embedding is.
    #[module(skip)]
    pub head: HibHead,
    /// Bounds of the log standard deviations.
    #[module(skip)]
    pub clamp: Option<[f64; 2]>,
}

impl HibEncoder {
    /// Embeds images.
    ///
    /// # Shapes
    /// * `images`: `[B, 1, 28, 28 N]`
    ///
    /// # Panics
    /// If the images have another size.
    pub fn forward(&self, images: Tensor<4>) -> HibEmbedding {
        let [batch, ..] = images.dims();
        assert_shape!(images, [batch, 1, DIGIT, DIGIT * self.digits]);
        let features = self.cnn.forward(images); // [B, H]
        let means = self.mean.forward(features.clone()); // [B, C D]
        let Some(log_std) = &self.log_std else {
            return HibEmbedding::Point(means);
        };
        let mut log_stds = log_std.forward(features.clone()); // [B, C D]
        if let Some([low, high]) = self.clamp {
            log_stds = log_stds.clamp(low, high);
        }
        let Some(weight) = &self.weight else {
            return HibEmbedding::Normal(DiagNormal::new(means, LogStd(log_stds)));
        };
        let components = self.head.components();
        let [_, width] = means.dims();
        let shape = [batch, components, width / components];
        HibEmbedding::Mixture(MixtureParameters {
            weights_logits: weight.forward(features), // [B, C]
            means: means.reshape(shape),              // [B, C, D]
            log_stds: log_stds.reshape(shape),
        })
    }
}
