//! Answers in the form of embeddings, compared by any measure.

use crate::dataset::data_error;
use anyhow::{Context, anyhow};
use burn::tensor::{Device, Tensor, TensorData};
use clap::Args;
use halation_core::dist::{DiagNormal, LogStd, LogVar};
use halation_core::divergence::{MatchFunction, Measure, MeasureOptions, SampleNoise, TwoWayScores};
use halation_core::metric::{CaptionProtocol, ProtocolScores, Ties};
use halation_data::format::{CaptionGroundTruth, EmbeddingFile};
use halation_train::device::select_device;
use halation_train::random::{normal_noise, seed_for};
use halation_train::user_error::user;
use std::path::Path;

/// How embeddings are compared.
#[derive(Args)]
pub struct EmbeddedOptions {
    /// How two embeddings are compared: mean-l2 (ranks like the cosine for unit means), csd, w2, kl, match-probability, ..
    #[arg(long, value_name = "NAME", default_value = "mean-l2")]
    pub measure: String,
    /// Samples per embedding, for sampled measures
    #[arg(long, value_name = "J", default_value_t = 7)]
    pub samples: usize,
    /// Seed of the samples
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// The trained scale a of match-probability
    #[arg(long, value_name = "A")]
    pub negative_scale: Option<f64>,
    /// The trained shift b of match-probability
    #[arg(long, value_name = "B", allow_negative_numbers = true)]
    pub shift: Option<f64>,
    /// The gain of match-probability's logit: 2 as in PCME's code, or 1
    #[arg(long, value_name = "1|2", default_value_t = 2)]
    pub logit_gain: u32,
    /// Device, as for train
    #[arg(long)]
    pub device: Option<String>,
}

/// Scores two embedding files.
pub fn score(
    images: &Path,
    captions: &Path,
    options: &EmbeddedOptions,
    gts: &CaptionGroundTruth,
    protocols: &[CaptionProtocol],
    ties: Ties,
) -> anyhow::Result<Vec<ProtocolScores>> {
    let measure: Measure = options.measure.parse().map_err(|error| user(anyhow!("--measure: {error}")))?;
    let device = select_device(options.device.as_deref())?;
    let (image_ids, image) = load(images, measure, &device)?;
    let (caption_ids, caption) = load(captions, measure, &device)?;
    let ([_, dim], [_, caption_dim]) = (image.dims(), caption.dims());
    if dim != caption_dim {
        let (images, captions) = (images.display(), captions.display());
        return Err(user(anyhow!("{images} has dimension {dim}, {captions} {caption_dim}: they are not of one model")));
    }
    let truth = gts.truth(&image_ids, &caption_ids).map_err(data_error)?;
    let measure_options = options.build(measure, dim, &device)?;
    let scores = TwoWayScores::new(measure, &measure_options, &image, &caption).map_err(|error| user(error.into()))?;
    drop((image, caption)); // where the scores are one matrix by now, nobody needs the embeddings
    let rows = scores.directions();
    CaptionProtocol::evaluate(protocols, &truth, &*rows.i2t, &*rows.t2i, ties)
        .map_err(|error| user(error.into()))
        .with_context(|| format!("measure `{measure}`"))
}

impl EmbeddedOptions {
    /// The draws and the match function, for measures that need them.
    fn build(&self, measure: Measure, dim: usize, device: &Device) -> anyhow::Result<MeasureOptions> {
        let mut options = MeasureOptions::default();
        if measure.is_sampled() {
            let draw = |side| normal_noise([self.samples, dim], seed_for(self.seed, side, 0, 0), device);
            let noise = SampleNoise::new(draw("query"), draw("gallery"))
                .map_err(|error| user(anyhow!("--samples: {error}")))?;
            options = options.with_noise(noise);
        }
        if measure == Measure::MatchProbability {
            let (Some(a), Some(b)) = (self.negative_scale, self.shift) else {
                return Err(user(anyhow!("measure `{measure}` needs the trained --negative-scale A and --shift B")));
            };
            options = options
                .with_match_function(MatchFunction::new(a, b, self.logit_gain).map_err(|error| user(error.into()))?);
        }
        Ok(options)
    }
}

fn load(path: &Path, measure: Measure, device: &Device) -> anyhow::Result<(Vec<String>, DiagNormal)> {
    let file = EmbeddingFile::read(path).map_err(data_error)?;
    let shape = [file.ids().len(), file.dim()];
    let (ids, mean, log_var) = file.into_parts();
    let tensor = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, shape), device);
    let embedding = match log_var {
        Some(log_var) if measure.uses_uncertainty() => DiagNormal::new(tensor(mean), LogVar(tensor(log_var))),
        None if measure.uses_uncertainty() => {
            let path = path.display();
            return Err(user(anyhow!("{path} has no `log_var`, which measure `{measure}` compares: use mean-l2")));
        }
        // The measure does not look at the scale: a single zero stands for all of them.
        _ => DiagNormal::new(tensor(mean), LogStd(Tensor::<2>::zeros([1, 1], device).expand(shape))),
    };
    Ok((ids, embedding))
}
