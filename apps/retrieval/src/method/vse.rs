//! The hinge family over cosines of means: VSE0, VSE++, VSE-infinity.

use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::Model;
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{HingeLoss, HingeLossConfig, HingeNegatives, Reduction};
use serde::{Deserialize, Serialize};

/// Keys of `method = "vse"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vse {
    /// By how much a match has to be more similar than a mismatch.
    pub margin: f64,
    /// Epochs in which every negative counts, before the hardest alone does: 0 is VSE++, 2 VSE-infinity, more than there
    /// are VSE0.
    pub all_negatives_epochs: usize,
}

impl Default for Vse {
    fn default() -> Self {
        Self { margin: 0.2, all_negatives_epochs: 0 }
    }
}

impl MethodOptions for Vse {
    type Criterion = HingeLoss;

    fn init(&self, _device: &Device) -> Result<HingeLoss, CoreError> {
        HingeLossConfig::new().with_margin(self.margin).init()
    }

    fn check(&self, _model: &Model) -> anyhow::Result<()> {
        Ok(())
    }

    fn takes_soft_labels(&self) -> bool {
        false
    }
}

impl MethodCriterion for HingeLoss {
    type Options = Vse;

    fn terms(&self, options: &Vse, batch: &EmbeddedBatch) -> Terms {
        let negatives = HingeNegatives::at_epoch(batch.at.epoch, options.all_negatives_epochs);
        let hinge = self.clone().with_negatives(negatives);
        let (images, captions) = (batch.images.mean(), batch.captions.mean()); // [B, D]
        Terms::new(hinge.forward(images, captions, batch.matches, Reduction::BatchMean))
    }

    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::MeanL2
    }
}
