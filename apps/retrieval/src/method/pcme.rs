//! PCME, and with points instead of distributions its mean-only control.

use super::{EmbeddedBatch, MethodCriterion, MethodOptions, Terms};
use crate::recipe::Model;
use anyhow::bail;
use burn::tensor::{Device, Tensor};
use halation_core::CoreError;
use halation_core::divergence::{Measure, MeasureOptions};
use halation_core::loss::{PriorKl, Reduction, SoftContrastiveLoss, SoftContrastiveLossConfig, UniformityLossConfig};
use halation_models::pcme::Embedding;
use halation_train::random::normal_noise;
use halation_train::trainer::StepAt;
use serde::{Deserialize, Serialize};

/// Keys of `method = "pcme"`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pcme {
    /// Monte-Carlo samples per embedding (J).
    pub samples: usize,
    /// Start of the learnable scale a.
    pub negative_scale: f64,
    /// Start of the learnable shift b.
    pub shift: f64,
    /// 2 as in the published code, 1 as in the paper.
    pub logit_gain: u8,
    /// Weight of the KL term to N(0, I).
    pub kl_weight: f64,
    /// Weight of the uniformity term.
    pub uniformity_weight: f64,
}

impl Default for Pcme {
    fn default() -> Self {
        Self { samples: 7, negative_scale: 5.0, shift: 5.0, logit_gain: 2, kl_weight: 0.0, uniformity_weight: 0.0 }
    }
}

impl MethodOptions for Pcme {
    type Criterion = SoftContrastiveLoss;

    fn init(&self, device: &Device) -> Result<SoftContrastiveLoss, CoreError> {
        SoftContrastiveLossConfig::new()
            .with_negative_scale(self.negative_scale)
            .with_shift(self.shift)
            .with_logit_gain(u32::from(self.logit_gain))
            .init(device)
    }

    fn check(&self, model: &Model) -> anyhow::Result<()> {
        if self.samples == 0 {
            bail!("recipe key `loss.samples` is 0; it must be at least 1");
        }
        if model.point && self.kl_weight > 0.0 {
            bail!(
                "recipe key `loss.kl_weight` is {}; a point embedding (model.point) has no prior term",
                self.kl_weight
            );
        }
        Ok(())
    }

    fn samples(&self) -> usize {
        self.samples
    }
}

impl MethodCriterion for SoftContrastiveLoss {
    type Options = Pcme;

    fn terms(&self, options: &Pcme, batch: &EmbeddedBatch) -> Terms {
        let images = samples(options, batch.images, batch.at, "image noise"); // [B, J, D]
        let captions = samples(options, batch.captions, batch.at, "caption noise"); // [B, J, D]
        let loss = self.forward(images.clone(), captions.clone(), batch.matches, Reduction::BatchMean);
        Terms::new(loss)
            .with_widths(batch)
            .plus_prior(options.kl_weight, batch, PriorKl::Exact, Reduction::BatchMean)
            .plus("uniformity", options.uniformity_weight, || {
                let [count, samples, dim] = images.dims();
                let all = Tensor::cat(vec![images, captions], 0).reshape([2 * count * samples, dim]);
                UniformityLossConfig::new().init().forward(all)
            })
    }

    fn measure(&self, probabilistic: bool) -> Measure {
        if probabilistic { Measure::MatchProbability } else { Measure::MeanL2 }
    }

    fn measure_options(&self, options: MeasureOptions) -> MeasureOptions {
        options.with_match_function(self.match_function())
    }
}

/// What the Monte-Carlo loss compares: J draws from a distribution, or the points themselves, `[B, J, D]`.
fn samples(options: &Pcme, embedding: &Embedding, at: StepAt, stream: &str) -> Tensor<3> {
    match embedding {
        Embedding::Point(points) => points.clone().unsqueeze_dim(1), // [B, 1, D]
        Embedding::Set(set) => set.points.clone(),                   // [B, K, D]
        Embedding::Normal(normal) => {
            let [batch, dim] = normal.dims();
            let device = normal.mean().device();
            normal.rsample(normal_noise([batch, options.samples, dim], at.seed_for(stream), &device))
        }
    }
}
