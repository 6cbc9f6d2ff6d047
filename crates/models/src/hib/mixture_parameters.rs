//! The parameters of a batch of mixtures of normal distributions, as a network puts them out.

use burn::tensor::Tensor;

/// `B` mixtures of `C` normal distributions with diagonal covariance in `D` dimensions.
#[derive(Clone, Debug)]
pub struct MixtureParameters {
    /// Logits of the mixture weights, `[B, C]`: weights are their softmax.
    pub weights_logits: Tensor<2>,
    /// Means, `[B, C, D]`.
    pub means: Tensor<3>,
    /// Natural logarithms of the standard deviations, `[B, C, D]`.
    pub log_stds: Tensor<3>,
}
