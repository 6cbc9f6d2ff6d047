//! PCME++: closed-form match logits with pseudo-positives.

use super::method_options::needs_widths;
use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::Model;
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{ClosedFormMatchLoss, ClosedFormMatchLossConfig, MatchDistance, PriorKl, Reduction};
use serde::{Deserialize, Serialize};

/// Keys of `method = "pcme++"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PcmePp {
    /// Start of the learnable scale a.
    pub negative_scale: f64,
    /// Start of the learnable shift b.
    pub shift: f64,
    /// Weight of the two pseudo-positive terms.
    pub pseudo_positive_weight: f64,
    /// Weight of the KL term to N(0, I), a mean over batch and dimensions.
    pub kl_weight: f64,
    /// The distance that trains: the published one, or the ablation that collapses.
    pub distance: Distance,
}

/// The distance between two distributions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// Expected squared distance of two samples.
    #[default]
    Csd,
    /// Squared 2-Wasserstein distance.
    W2,
}

impl Default for PcmePp {
    fn default() -> Self {
        Self {
            negative_scale: 5.0,
            shift: 5.0,
            pseudo_positive_weight: 0.1,
            kl_weight: 1e-4,
            distance: Distance::default(),
        }
    }
}

impl MethodOptions for PcmePp {
    type Criterion = ClosedFormMatchLoss;

    fn init(&self, device: &Device) -> Result<ClosedFormMatchLoss, CoreError> {
        ClosedFormMatchLossConfig::new()
            .with_negative_scale(self.negative_scale)
            .with_shift(self.shift)
            .with_pseudo_positive_weight(self.pseudo_positive_weight)
            .with_distance(match self.distance {
                Distance::Csd => MatchDistance::Csd,
                Distance::W2 => MatchDistance::SquaredWasserstein2,
            })
            .init(device)
    }

    fn check(&self, model: &Model) -> anyhow::Result<()> {
        needs_widths("pcme++", model)
    }
}

impl MethodCriterion for ClosedFormMatchLoss {
    type Options = PcmePp;

    fn terms(&self, options: &PcmePp, batch: &EmbeddedBatch) -> Terms {
        let [images, captions] = batch.normals();
        Terms::new(self.forward(images, captions, batch.matches, Reduction::Mean)).with_widths(batch).plus_prior(
            options.kl_weight,
            batch,
            PriorKl::PcmeppCode,
            Reduction::Mean,
        )
    }

    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::Csd
    }
}
