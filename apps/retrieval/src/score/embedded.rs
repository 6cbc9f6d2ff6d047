//! Answers in the form of embeddings, compared by any measure.

use super::measures::MeasuresOutcome;
use crate::dataset::data_error;
use anyhow::{Context, anyhow};
use burn::tensor::{Device, Tensor, TensorData};
use clap::Args;
use halation_core::dist::{DiagNormal, LogStd, LogVar};
use halation_core::divergence::{MatchFunction, Measure, MeasureOptions, SampleNoise, TwoWayScores};
use halation_core::metric::{CaptionProtocol, CaptionTruth, MetricError, ProtocolScores, Ties};
use halation_data::format::{CaptionGroundTruth, EmbeddingFile};
use halation_train::device::select_device;
use halation_train::random::{normal_noise, seed_for};
use halation_train::user_error::user;
use std::path::Path;
use std::time::Instant;

/// How embeddings are compared.
#[derive(Args)]
pub struct EmbeddedOptions {
    /// How two embeddings are compared: mean-l2 (ranks like the cosine for unit means), csd, w2, kl, match-probability, .. `all`: a
    /// table of every measure
    #[arg(long, value_name = "NAME", default_value = "mean-l2")]
    pub measure: String,
    /// Independent samples per embedding, for sampled measures [default: eight that are sign flips of one, an order of magnitude faster]
    #[arg(long, value_name = "J")]
    pub samples: Option<usize>,
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

/// Two embedding files, ready to be scored.
pub struct Embedded {
    images: DiagNormal,
    captions: DiagNormal,
    truth: CaptionTruth,
    /// Whether both files have a log-variance, if it was asked for.
    uncertain: bool,
}

impl Embedded {
    /// Reads the files; their log-variances only if `uncertainty` is wanted.
    fn load(
        [images, captions]: [&Path; 2],
        uncertainty: bool,
        device: &Device,
        gts: &CaptionGroundTruth,
    ) -> anyhow::Result<Self> {
        let [image, caption] = [load(images, uncertainty, device)?, load(captions, uncertainty, device)?];
        let ([_, dim], [_, caption_dim]) = (image.embedding.dims(), caption.embedding.dims());
        if dim != caption_dim {
            let (images, captions) = (images.display(), captions.display());
            return Err(user(anyhow!(
                "{images} has dimension {dim}, {captions} {caption_dim}: they are not of one model"
            )));
        }
        let truth = gts.truth(&image.ids, &caption.ids).map_err(data_error)?;
        let uncertain = image.uncertain && caption.uncertain;
        Ok(Self { images: image.embedding, captions: caption.embedding, truth, uncertain })
    }
}

/// Scores two embedding files by the measure of `options`.
pub fn score(
    files: [&Path; 2],
    options: &EmbeddedOptions,
    gts: &CaptionGroundTruth,
    protocols: &[CaptionProtocol],
    ties: Ties,
) -> anyhow::Result<Vec<ProtocolScores>> {
    let measure: Measure = options.measure.parse().map_err(|error| user(anyhow!("--measure: {error}")))?;
    let device = select_device(options.device.as_deref())?;
    let Embedded { images, captions, truth, uncertain } =
        Embedded::load(files, measure.uses_uncertainty(), &device, gts)?;
    if measure.uses_uncertainty() && !uncertain {
        let [images, captions] = files.map(Path::display);
        return Err(user(anyhow!(
            "{images} or {captions} has no `log_var`, which measure `{measure}` compares: use mean-l2"
        )));
    }
    let measure_options = options.build(&[measure], images.dims()[1], &device)?;
    let scores =
        TwoWayScores::new(measure, &measure_options, &images, &captions).map_err(|error| user(error.into()))?;
    drop((images, captions)); // where the scores are one matrix by now, nobody needs the embeddings
    let rows = scores.directions();
    CaptionProtocol::evaluate(protocols, &truth, &*rows.i2t, &*rows.t2i, ties)
        .map_err(|error| user(error.into()))
        .with_context(|| format!("measure `{measure}`"))
}

/// Scores two embedding files by every measure that they can serve.
pub fn score_all(
    files: [&Path; 2],
    options: &EmbeddedOptions,
    gts: &CaptionGroundTruth,
    protocols: &[CaptionProtocol],
    ties: Ties,
) -> anyhow::Result<MeasuresOutcome> {
    let device = select_device(options.device.as_deref())?;
    let Embedded { images, captions, truth, uncertain } = Embedded::load(files, true, &device, gts)?;
    let mut left_out = Vec::new();
    let measures = Measure::ALL.into_iter().filter(|&measure| {
        let reason = if measure.uses_uncertainty() && !uncertain {
            "a file has no `log_var`"
        } else if measure == Measure::MatchProbability && options.match_function().is_none() {
            "needs the trained --negative-scale A and --shift B"
        } else {
            return true;
        };
        left_out.push(format!("{measure}: {reason}"));
        false
    });
    let measures: Vec<Measure> = measures.collect();
    let measure_options = options.build(&measures, images.dims()[1], &device)?;
    let mut scores = Vec::new();
    let mut start = Instant::now();
    TwoWayScores::for_each(&measures, &measure_options, &images, &captions, |measure, rows| {
        let rows = rows.directions();
        match CaptionProtocol::evaluate(protocols, &truth, &*rows.i2t, &*rows.t2i, ties) {
            Ok(found) => scores.push((measure, found, start.elapsed().as_secs_f64())),
            // The others may still have something to say.
            Err(error @ MetricError::NanScore { .. }) => left_out.push(format!("{measure}: {error}")),
            Err(error) => return Err(user(anyhow!(error).context(format!("measure `{measure}`")))),
        }
        start = Instant::now();
        Ok(())
    })?;
    Ok(MeasuresOutcome::new(scores, left_out))
}

impl EmbeddedOptions {
    /// The draws and the match function, for measures that need them.
    fn build(&self, measures: &[Measure], dim: usize, device: &Device) -> anyhow::Result<MeasureOptions> {
        let mut options = MeasureOptions::default();
        if measures.iter().any(|measure| measure.is_sampled()) {
            let draw = |side| {
                let shape = [self.samples.unwrap_or(1), dim];
                normal_noise(shape, seed_for(self.seed, side, 0, 0), device)
            };
            let (query, gallery) = (draw("query"), draw("gallery"));
            let noise = match self.samples {
                Some(_) => SampleNoise::new(query, gallery),
                None => SampleNoise::sign_flips(query, gallery),
            };
            options = options.with_noise(noise.map_err(|error| user(anyhow!("--samples: {error}")))?);
        }
        if measures.contains(&Measure::MatchProbability) {
            let missing =
                || user(anyhow!("measure `match-probability` needs the trained --negative-scale A and --shift B"));
            let (a, b) = self.match_function().ok_or_else(missing)?;
            options = options
                .with_match_function(MatchFunction::new(a, b, self.logit_gain).map_err(|error| user(error.into()))?);
        }
        Ok(options)
    }

    fn match_function(&self) -> Option<(f64, f64)> {
        self.negative_scale.zip(self.shift)
    }
}

/// One file.
struct Loaded {
    ids: Vec<String>,
    embedding: DiagNormal,
    uncertain: bool,
}

fn load(path: &Path, uncertainty: bool, device: &Device) -> anyhow::Result<Loaded> {
    let file = EmbeddingFile::read(path).map_err(data_error)?;
    let shape = [file.ids().len(), file.dim()];
    let (ids, mean, log_var) = file.into_parts();
    let tensor = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, shape), device);
    let log_var = log_var.filter(|_| uncertainty);
    let uncertain = log_var.is_some();
    let embedding = match log_var {
        Some(log_var) => DiagNormal::new(tensor(mean), LogVar(tensor(log_var))),
        // Nobody looks at the scale: a single zero stands for all of them.
        None => DiagNormal::new(tensor(mean), LogStd(Tensor::<2>::zeros([1, 1], device).expand(shape))),
    };
    Ok(Loaded { ids, embedding, uncertain })
}
