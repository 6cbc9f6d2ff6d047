//! MAP: InfoNCE over 2-Wasserstein distances, with a floor under the entropy.

use super::method_options::needs_widths;
use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::{Head, Model};
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{EntropyFloorConfig, Reduction, W2InfoNceLoss, W2InfoNceLossConfig};
use serde::{Deserialize, Serialize};

/// Keys of `method = "map"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Map {
    /// Fixed scale of the squared distance.
    pub negative_scale: f64,
    /// Fixed shift.
    pub shift: f64,
    /// Start of the learnable temperature.
    pub temperature: f64,
    /// Entropy, nats, below which an embedding costs something; 300 in the published configuration of 768 dimensions.
    pub entropy_floor: f64,
    /// Weight of that cost.
    pub entropy_weight: f64,
}

impl Default for Map {
    fn default() -> Self {
        Self { negative_scale: 0.005, shift: 4.0, temperature: 0.07, entropy_floor: 300.0, entropy_weight: 0.01 }
    }
}

impl MethodOptions for Map {
    type Criterion = W2InfoNceLoss;

    fn init(&self, device: &Device) -> Result<W2InfoNceLoss, CoreError> {
        EntropyFloorConfig::new().with_floor(self.entropy_floor).init()?;
        W2InfoNceLossConfig::new()
            .with_negative_scale(self.negative_scale)
            .with_shift(self.shift)
            .with_temperature(self.temperature)
            .init(device)
    }

    fn check(&self, model: &Model) -> anyhow::Result<()> {
        needs_widths("map", model)
    }

    fn head(&self) -> Head {
        Head::Map
    }
}

impl MethodCriterion for W2InfoNceLoss {
    type Options = Map;

    fn terms(&self, options: &Map, batch: &EmbeddedBatch) -> Terms {
        let [images, captions] = batch.normals();
        Terms::new(self.forward(images, captions, batch.matches, Reduction::Mean)).with_widths(batch).plus(
            "entropy_floor",
            options.entropy_weight,
            || {
                let floor = EntropyFloorConfig::new().with_floor(options.entropy_floor);
                let floor = floor.init().expect("checked when the criterion was built");
                floor.forward(images, Reduction::Mean) + floor.forward(captions, Reduction::Mean)
            },
        )
    }

    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::W2
    }
}
