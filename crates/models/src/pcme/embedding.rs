//! What a model makes of a batch: distributions, points, or sets of points.

use burn::tensor::Tensor;
use halation_core::dist::{DiagNormal, LogStd};

use crate::ModelError;
use crate::head::EmbeddingSet;

/// A batch of embeddings with the honesty of the model that made them.
///
/// The mean-only control has no variance to give, and a distribution of variance zero would turn every divergence
/// into NaN: it is a variant of its own.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // one value per batch: a box would save nothing
pub enum Embedding {
    /// Unit-length points, `[B, D]`.
    Point(Tensor<2>),
    /// Normals with unit-length means, `[B, D]`.
    Normal(DiagNormal),
    /// Sets of `K` unit-length points, `[B, K, D]`: PVSE.
    Set(EmbeddingSet),
}

impl Embedding {
    /// The points, or the means of the distributions; of sets, the points side by side.
    ///
    /// # Shapes
    /// * output: `[B, D]`, of sets `[B, K D]`
    pub fn mean(&self) -> Tensor<2> {
        match self {
            Self::Point(points) => points.clone(),
            Self::Normal(normal) => normal.mean(),
            Self::Set(set) => set.points.clone().flatten::<2>(1, 2),
        }
    }

    /// The distributions; `None` for points and sets of them.
    pub fn normal(&self) -> Option<&DiagNormal> {
        match self {
            Self::Point(_) | Self::Set(_) => None,
            Self::Normal(normal) => Some(normal),
        }
    }

    /// The distributions, where there must be some.
    ///
    /// # Errors
    /// [`ModelError::NoUncertainty`] for points and sets of them.
    pub fn into_normal(self) -> Result<DiagNormal, ModelError> {
        match self {
            Self::Point(_) | Self::Set(_) => Err(ModelError::NoUncertainty),
            Self::Normal(normal) => Ok(normal),
        }
    }

    /// What a tower's heads have found; a single point without a width stands for itself.
    pub(super) fn new(found: EmbeddingSet, log_std: Option<LogStd>) -> Self {
        let [_, count, _] = found.points.dims();
        match log_std {
            Some(log_std) => Self::Normal(DiagNormal::new(found.points.squeeze_dim::<2>(1), log_std)),
            None if count == 1 => Self::Point(found.points.squeeze_dim::<2>(1)),
            None => Self::Set(found),
        }
    }
}
