//! What a mean head with several summaries makes of a batch.

use burn::tensor::Tensor;

/// A batch of sets of `K` unit-length points, and how each came about.
#[derive(Clone, Debug)]
pub struct EmbeddingSet {
    /// The points, `[B, K, D]`.
    pub points: Tensor<3>,
    /// Attention of each point on the parts of its item, `[B, K, T]`; sums to one over `T`.
    pub attention: Tensor<3>,
    /// The attended detail `sigmoid(FC(r_k))` before dropout, `[B, K, D]`: what PVSE's diversity loss keeps apart.
    pub residuals: Tensor<3>,
}
