//! What every method brings.

use super::{EmbeddedBatch, Terms};
use crate::recipe::{Head, Model};
use anyhow::bail;
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::{Measure, MeasureOptions};

/// The keys of a method's `[loss]` table.
pub trait MethodOptions {
    /// What they build.
    type Criterion: MethodCriterion<Options = Self>;

    /// The criterion with its learnable scalars.
    ///
    /// # Errors
    /// A value that makes no sense.
    fn init(&self, device: &Device) -> Result<Self::Criterion, CoreError>;

    /// Whether the options go with the model: its widths, its points.
    ///
    /// # Errors
    /// In words, with the key.
    fn check(&self, model: &Model) -> anyhow::Result<()>;

    /// Whether embeddings may be sets of several points.
    fn takes_sets(&self) -> bool {
        false
    }

    /// Whether targets between 0 and 1 mean something: smoothed labels, mixed samples.
    fn takes_soft_labels(&self) -> bool {
        true
    }

    /// What sits on CLIP towers when the recipe does not say.
    fn head(&self) -> Head {
        Head::PcmePp
    }

    /// Samples per embedding for measures that draw some.
    fn samples(&self) -> usize {
        7
    }
}

/// A criterion: the part of a method that trains.
pub trait MethodCriterion {
    /// Its keys.
    type Options;

    /// The loss of a batch.
    fn terms(&self, options: &Self::Options, batch: &EmbeddedBatch) -> Terms;

    /// How embeddings are compared when nobody says otherwise.
    fn measure(&self, probabilistic: bool) -> Measure;

    /// What the trained scalars mean for a measure.
    fn measure_options(&self, options: MeasureOptions) -> MeasureOptions {
        options
    }
}

/// For methods over distributions.
///
/// # Errors
/// With a point model.
pub fn needs_widths(method: &str, model: &Model) -> anyhow::Result<()> {
    if model.point {
        bail!("recipe key `model.point` is true; method `{method}` compares distributions: set it to false");
    }
    Ok(())
}
