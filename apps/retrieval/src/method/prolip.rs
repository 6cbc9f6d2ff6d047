//! ProLIP: a sigmoid over dot products of distributions.

use super::method_options::needs_widths;
use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::{Head, Model};
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{InclusionLossConfig, PriorKl, ProLipLoss, ProLipLossConfig, Reduction};
use serde::{Deserialize, Serialize};

/// Keys of `method = "prolip"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProLip {
    /// Start of the learnable scale of the logits.
    pub logit_scale: f64,
    /// Start of the learnable bias of the logits.
    pub logit_bias: f64,
    /// Weight of "the image's distribution lies in its caption's".
    pub inclusion_weight: f64,
    /// Weight of the KL term to N(0, I), a mean over batch and dimensions.
    pub kl_weight: f64,
}

impl Default for ProLip {
    fn default() -> Self {
        Self { logit_scale: 10.0, logit_bias: -10.0, inclusion_weight: 1e-7, kl_weight: 1e-4 }
    }
}

impl MethodOptions for ProLip {
    type Criterion = ProLipLoss;

    fn init(&self, device: &Device) -> Result<ProLipLoss, CoreError> {
        ProLipLossConfig::new().with_logit_scale(self.logit_scale).with_logit_bias(self.logit_bias).init(device)
    }

    fn check(&self, model: &Model) -> anyhow::Result<()> {
        needs_widths("prolip", model)
    }

    fn head(&self) -> Head {
        Head::ProLip
    }
}

impl MethodCriterion for ProLipLoss {
    type Options = ProLip;

    fn terms(&self, options: &ProLip, batch: &EmbeddedBatch) -> Terms {
        let [images, captions] = batch.normals();
        Terms::new(self.forward(images, captions, batch.matches, Reduction::BatchMean))
            .with_widths(batch)
            .plus("inclusion", options.inclusion_weight, || {
                let inclusion = InclusionLossConfig::new().init().expect("the published scale is valid");
                inclusion.forward(images, captions, Reduction::Mean)
            })
            .plus_prior(options.kl_weight, batch, PriorKl::Exact, Reduction::Mean)
    }

    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::Csd
    }
}
