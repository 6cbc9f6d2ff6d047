//! What a hedging network makes of a batch.

use burn::tensor::Tensor;
use halation_core::dist::DiagNormal;

use super::MixtureParameters;

/// A batch of embeddings of one of the three kinds of [`HibHead`](super::HibHead).
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // one value per batch: a box would save nothing
pub enum HibEmbedding {
    /// Points, `[B, D]`; not normalised.
    Point(Tensor<2>),
    /// Normal distributions, `[B, D]`.
    Normal(DiagNormal),
    /// Mixtures of normal distributions.
    Mixture(MixtureParameters),
}
