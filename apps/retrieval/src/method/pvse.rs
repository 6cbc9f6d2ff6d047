//! PVSE: polysemous visual-semantic embeddings, a set of points for each item.

use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::Model;
use anyhow::bail;
use burn::module::Module;
use burn::tensor::Device;
use halation_core::CoreError;
use halation_core::divergence::Measure;
use halation_core::loss::{
    DiversityLoss, MmdLoss, MmdLossConfig, MultiInstanceHingeLoss, MultiInstanceHingeLossConfig, Reduction,
};
use halation_models::head::EmbeddingSet;
use halation_models::pcme::Embedding;
use serde::{Deserialize, Serialize};

/// Keys of `method = "pvse"`. The number of points is `model.points`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pvse {
    /// By how much the best pair of a match has to be more similar than that of a mismatch.
    pub margin: f64,
    /// Weight of the loss that keeps the points of an item apart.
    pub diversity_weight: f64,
    /// Weight of the discrepancy between the two modalities.
    pub mmd_weight: f64,
}

impl Default for Pvse {
    fn default() -> Self {
        Self { margin: 0.1, diversity_weight: 0.1, mmd_weight: 0.01 }
    }
}

/// The three losses of PVSE.
#[derive(Module, Debug)]
pub struct PvseCriterion {
    hinge: MultiInstanceHingeLoss,
    mmd: MmdLoss,
}

impl MethodOptions for Pvse {
    type Criterion = PvseCriterion;

    fn init(&self, _device: &Device) -> Result<PvseCriterion, CoreError> {
        Ok(PvseCriterion {
            hinge: MultiInstanceHingeLossConfig::new().with_margin(self.margin).init()?,
            mmd: MmdLossConfig::new().init()?,
        })
    }

    fn check(&self, model: &Model) -> anyhow::Result<()> {
        if model.points < 2 {
            bail!(
                "recipe key `model.points` is {}; method `pvse` trains sets: give 2 or more (with one point it is `vse`)",
                model.points
            );
        }
        Ok(())
    }

    fn takes_sets(&self) -> bool {
        true
    }

    fn takes_soft_labels(&self) -> bool {
        false
    }
}

impl MethodCriterion for PvseCriterion {
    type Options = Pvse;

    fn terms(&self, options: &Pvse, batch: &EmbeddedBatch) -> Terms {
        let [images, captions] = [batch.images, batch.captions].map(set);
        let points = |set: &EmbeddingSet| set.points.clone();
        let flat = |set: &EmbeddingSet| set.points.clone().flatten::<2>(0, 1); // [B K, D]
        Terms::new(self.hinge.forward(points(images), points(captions), batch.matches, Reduction::BatchMean))
            .plus("diversity", options.diversity_weight, || {
                let of = |set: &EmbeddingSet| DiversityLoss.forward(set.residuals.clone(), Reduction::Mean);
                of(images) + of(captions)
            })
            .plus("mmd", options.mmd_weight, || self.mmd.forward(flat(images), flat(captions)))
    }

    fn measure(&self, _probabilistic: bool) -> Measure {
        Measure::BestOfPoints
    }
}

fn set(embedding: &Embedding) -> &EmbeddingSet {
    match embedding {
        Embedding::Set(set) => set,
        Embedding::Point(_) | Embedding::Normal(_) => panic!("the recipe was checked: the model has several points"),
    }
}
