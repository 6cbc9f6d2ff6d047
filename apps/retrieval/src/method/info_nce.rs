//! InfoNCE over the cosines of means: the point baseline.

use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::{Head, Model};
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{InfoNceLoss, InfoNceLossConfig, Reduction};
use serde::{Deserialize, Serialize};

/// Keys of `method = "info-nce"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InfoNce {
    /// Start of the learnable multiplier of the cosine.
    pub logit_scale: f64,
}

impl Default for InfoNce {
    fn default() -> Self {
        Self { logit_scale: 10.0 }
    }
}

impl MethodOptions for InfoNce {
    type Criterion = InfoNceLoss;

    fn init(&self, device: &Device) -> Result<InfoNceLoss, CoreError> {
        InfoNceLossConfig::new().with_logit_scale(self.logit_scale).init(device)
    }

    fn check(&self, _model: &Model) -> anyhow::Result<()> {
        Ok(())
    }

    fn head(&self) -> Head {
        Head::Clip
    }
}

impl MethodCriterion for InfoNceLoss {
    type Options = InfoNce;

    fn terms(&self, _options: &InfoNce, batch: &EmbeddedBatch) -> Terms {
        Terms::new(self.forward(batch.images.mean(), batch.captions.mean(), batch.matches, Reduction::Mean))
    }

    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::MeanL2
    }
}
