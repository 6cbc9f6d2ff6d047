//! What a model makes of a batch: distributions, or points.

use burn::tensor::Tensor;
use halation_core::dist::{DiagNormal, LogStd};

use crate::ModelError;

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
}

impl Embedding {
    /// The points, or the means of the distributions.
    ///
    /// # Shapes
    /// * output: `[B, D]`
    pub fn mean(&self) -> Tensor<2> {
        match self {
            Self::Point(points) => points.clone(),
            Self::Normal(normal) => normal.mean(),
        }
    }

    /// The distributions; `None` for points.
    pub fn normal(&self) -> Option<&DiagNormal> {
        match self {
            Self::Point(_) => None,
            Self::Normal(normal) => Some(normal),
        }
    }

    /// The distributions, where there must be some.
    ///
    /// # Errors
    /// [`ModelError::NoUncertainty`] for points.
    pub fn into_normal(self) -> Result<DiagNormal, ModelError> {
        match self {
            Self::Point(_) => Err(ModelError::NoUncertainty),
            Self::Normal(normal) => Ok(normal),
        }
    }

    pub(super) fn new(mean: Tensor<2>, log_std: Option<LogStd>) -> Self {
        match log_std {
            Some(log_std) => Self::Normal(DiagNormal::new(mean, log_std)),
            None => Self::Point(mean),
        }
    }
}
