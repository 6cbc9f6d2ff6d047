//! What a criterion sees of a step.

use burn::tensor::Tensor;
use halation_core::dist::{DiagNormal, GeneralizedNormal};
use halation_core::loss::MatchMatrix;
use halation_models::pcme::Embedding;
use halation_train::trainer::StepAt;

/// A batch after both towers.
pub struct EmbeddedBatch<'a> {
    /// The images, B embeddings.
    pub images: &'a Embedding,
    /// The captions, B embeddings.
    pub captions: &'a Embedding,
    /// Which image matches which caption, `[B, B]`.
    pub matches: &'a MatchMatrix,
    /// What an adapter makes of frozen embeddings; only where the heads are adapters.
    pub adapted: Option<Adapted>,
    /// The step; noise depends on it alone.
    pub at: StepAt,
}

/// Frozen embeddings of matching pairs, row by row, and the distributions around them.
pub struct Adapted {
    /// The images' embeddings, `[B, D]`.
    pub images: Tensor<2>,
    /// The captions' embeddings, `[B, D]`.
    pub captions: Tensor<2>,
    /// Around the images'.
    pub around_images: GeneralizedNormal,
    /// Around the captions'.
    pub around_captions: GeneralizedNormal,
}

impl EmbeddedBatch<'_> {
    /// Both sides as distributions.
    ///
    /// # Panics
    /// For points: a method that needs distributions refuses `model.point` in its
    /// [`check`](super::MethodOptions::check).
    pub fn normals(&self) -> [&DiagNormal; 2] {
        [self.images, self.captions].map(|side| side.normal().expect("the recipe was checked: the model has widths"))
    }
}
