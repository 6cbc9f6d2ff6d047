//! What a CLIP tower makes of a batch.

use burn::tensor::Tensor;

/// The outputs of a tower: a sequence for heads that pool by themselves, and CLIP's own embedding.
#[derive(Clone, Debug)]
pub struct ClipFeatures {
    /// All tokens as the last block leaves them, before the last norm and without projection, `[B, T, d]`.
    pub tokens: Tensor<3>,
    /// CLIP's embedding, normed and projected but not of unit length, `[B, D]`.
    pub pooled: Tensor<2>,
}
