//! What training minimises, chosen by the recipe.

use crate::recipe::{self, Recipe};
use burn::module::Module;
use burn::nn::loss::Reduction;
use burn::tensor::{Device, Tensor};
use halation_core::loss::{
    InfoNceLoss, InfoNceLossConfig, MatchMatrix, PriorKl, SoftContrastiveLoss, SoftContrastiveLossConfig,
    UniformityLossConfig,
};
use halation_models::pcme::Embedding;
use halation_train::random::normal_noise;
use halation_train::trainer::StepAt;

/// A criterion with its learnable scalars.
#[derive(Module, Debug)]
pub enum Criterion {
    /// PCME: Monte-Carlo match probabilities of samples.
    SoftContrastive(SoftContrastiveLoss),
    /// Symmetric cross-entropy over cosines of means.
    InfoNce(InfoNceLoss),
}

impl Criterion {
    /// The criterion of a recipe.
    ///
    /// # Errors
    /// A logit gain other than 1 and 2.
    pub fn new(recipe: &Recipe, device: &Device) -> anyhow::Result<Self> {
        let loss = &recipe.loss;
        Ok(match loss.criterion {
            recipe::Criterion::SoftContrastive => Self::SoftContrastive(
                SoftContrastiveLossConfig::new()
                    .with_negative_scale(loss.negative_scale)
                    .with_shift(loss.shift)
                    .with_logit_gain(u32::from(loss.logit_gain))
                    .init(device)?,
            ),
            recipe::Criterion::InfoNce => {
                Self::InfoNce(InfoNceLossConfig::new().with_logit_scale(loss.logit_scale).init(device)?)
            }
        })
    }
}

/// A loss and the parts that are worth a curve of their own.
pub struct Terms {
    /// What is minimised.
    pub loss: Tensor<1>,
    /// Names and values.
    pub parts: Vec<(&'static str, Tensor<1>)>,
}

impl Criterion {
    /// The loss of a batch; the noise depends on the step alone.
    ///
    /// # Shapes
    /// * `images`, `captions`: B embeddings; `matches`: `[B, B]`
    pub fn forward(
        &self,
        recipe: &Recipe,
        images: &Embedding,
        captions: &Embedding,
        matches: &MatchMatrix,
        at: StepAt,
    ) -> Terms {
        let criterion = match self {
            Self::InfoNce(loss) => {
                let loss = loss.forward(images.mean(), captions.mean(), matches, Reduction::Mean);
                return Terms { loss, parts: Vec::new() };
            }
            Self::SoftContrastive(loss) => loss,
        };
        let (image_samples, caption_samples) =
            (samples(recipe, images, at, "image noise"), samples(recipe, captions, at, "caption noise"));
        let mut loss = criterion.forward(image_samples.clone(), caption_samples.clone(), matches, Reduction::BatchMean);
        let mut parts = Vec::new();
        if let (Some(images), Some(captions)) = (images.normal(), captions.normal()) {
            parts.push(("image_log_sigma", images.log_std().0.mean()));
            parts.push(("caption_log_sigma", captions.log_std().0.mean()));
            if recipe.loss.kl_weight > 0.0 {
                let kl = |embeddings| PriorKl::Exact.forward(embeddings, None, Reduction::BatchMean);
                let kl = kl(images) + kl(captions);
                loss = loss + kl.clone() * recipe.loss.kl_weight;
                parts.push(("prior_kl", kl));
            }
        }
        if recipe.loss.uniformity_weight > 0.0 {
            let [batch, samples, dim] = image_samples.dims();
            let all = Tensor::cat(vec![image_samples, caption_samples], 0).reshape([2 * batch * samples, dim]);
            let uniformity = UniformityLossConfig::new().init().forward(all);
            loss = loss + uniformity.clone() * recipe.loss.uniformity_weight;
            parts.push(("uniformity", uniformity));
        }
        Terms { loss, parts }
    }
}

/// What the Monte-Carlo loss compares: J draws from a distribution, or the point itself, `[B, J, D]`.
fn samples(recipe: &Recipe, embedding: &Embedding, at: StepAt, stream: &str) -> Tensor<3> {
    match embedding {
        Embedding::Point(points) => points.clone().unsqueeze_dim(1), // [B, 1, D]
        Embedding::Normal(normal) => {
            let [batch, dim] = normal.dims();
            let device = normal.mean().device();
            normal.rsample(normal_noise([batch, recipe.loss.samples, dim], at.seed_for(stream), &device))
        }
    }
}
