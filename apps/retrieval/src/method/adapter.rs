//! ProbVLM: a distribution around embeddings that are already there.

use super::method_options::needs_widths;
use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::{Head, Model};
use anyhow::bail;
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{CrossModalNllLoss, CrossModalNllLossConfig, Reduction};
use serde::{Deserialize, Serialize};

/// Keys of `method = "adapter"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adapter {
    /// Weight of the likelihood of the other modality.
    pub cross_weight: f64,
}

impl Default for Adapter {
    fn default() -> Self {
        Self { cross_weight: 1e-4 }
    }
}

impl MethodOptions for Adapter {
    type Criterion = CrossModalNllLoss;

    fn init(&self, _device: &Device) -> Result<CrossModalNllLoss, CoreError> {
        CrossModalNllLossConfig::new().with_cross_weight(self.cross_weight).init()
    }

    fn check(&self, model: &Model) -> anyhow::Result<()> {
        if !model.is_frozen() {
            bail!(
                "method `adapter` works on frozen embeddings: set `model.towers` to \"run\" or \"files\", or to \"clip\" with `model.freeze_towers = true`"
            );
        }
        needs_widths("adapter", model)
    }

    fn head(&self) -> Head {
        Head::Adapter
    }

    fn takes_soft_labels(&self) -> bool {
        false
    }
}

impl MethodCriterion for CrossModalNllLoss {
    type Options = Adapter;

    fn terms(&self, _options: &Adapter, batch: &EmbeddedBatch) -> Terms {
        let pairs = batch.adapted.as_ref().expect("the recipe was checked: the heads are adapters");
        let loss = self.forward(
            &pairs.around_images,
            &pairs.around_captions,
            pairs.images.clone(),
            pairs.captions.clone(),
            Reduction::Mean,
        );
        Terms::new(loss).with_widths(batch)
    }

    /// The frozen embeddings rank as they did.
    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::MeanL2
    }
}
