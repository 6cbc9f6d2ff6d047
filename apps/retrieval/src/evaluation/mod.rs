//! A model on a split: retrieval in both directions, the chance level beside it, and what the uncertainty is worth.

mod chance;
mod corruption;
mod figures;
mod measure_table;
mod uncertainty;

pub use chance::Chance;
pub use corruption::Corruption;
pub use figures::Figures;
pub use measure_table::MeasureTable;
pub use uncertainty::{Bins, Uncertainty};

use crate::dataset::{Dataset, Split};
use crate::embedder::{Embedder, rows};
use halation_core::dist::DiagNormal;
use halation_core::divergence::{Measure, TwoWayScores};
use halation_core::metric::{
    PositiveRanks, RankMetric, RankSummary, RankTask, Relevance, ScoreRows, Ties, TwoWay, UncertaintyScore,
    rank_positives,
};
use halation_train::user_error::user;
use serde::Serialize;
use std::fmt::Write;

/// Everything `eval` reports; its JSON is what `cargo xtask repro` reads.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    /// The split.
    pub split: String,
    /// How two embeddings were compared.
    pub measure: String,
    /// Number of images.
    pub images: usize,
    /// Number of captions.
    pub captions: usize,
    /// Image to text.
    pub i2t: Figures,
    /// Text to image.
    pub t2i: Figures,
    /// Mean of the two directions.
    pub mean: Figures,
    /// The six recalls in percent, added.
    pub rsum: f64,
    /// What a random ranking would get.
    pub chance: Chance,
    /// What the widths say; absent for points.
    pub uncertainty: Option<Uncertainty>,
    /// Everything the report shows and the JSON leaves out.
    #[serde(skip)]
    pub detail: Detail,
}

/// Per-item results behind an [`Evaluation`].
#[derive(Debug)]
pub struct Detail {
    /// Embeddings of the images.
    pub images: DiagNormal,
    /// Embeddings of the captions.
    pub captions: DiagNormal,
    /// Geometric mean of sigma, per image and per caption; empty for points.
    pub sigma: TwoWay<Vec<f64>>,
    /// R@1 of every query.
    pub recall_at_1: TwoWay<Vec<Option<f64>>>,
}

impl Evaluation {
    /// Embeds a split and evaluates it under `measure` (or the model's own).
    ///
    /// # Errors
    /// A split or a measure that does not exist.
    pub fn of_split(embedder: &Embedder, dataset: &Dataset, name: &str, measure: Option<&str>) -> anyhow::Result<Self> {
        let measure: Measure = match measure {
            Some(name) => name.parse().map_err(|error: halation_core::CoreError| user(error.into()))?,
            None => embedder.default_measure(),
        };
        let split = dataset.split(name)?;
        let ranked = Ranked::new(embedder, split, measure)?;
        let summary = ranked.ranks.as_ref().try_map(RankSummary::of)?;
        let (i2t, t2i) = (Figures::from(&summary.i2t), Figures::from(&summary.t2i));
        let truth = relevance(split)?;
        let sigma = if embedder.is_probabilistic() {
            TwoWay { i2t: sigma(&ranked.images), t2i: sigma(&ranked.captions) }
        } else {
            TwoWay::default()
        };
        let recall_at_1 = ranked.ranks.as_ref().try_map(|ranks| ranks.per_query(RankMetric::RecallAt(1)))?;
        let uncertainty = if embedder.is_probabilistic() {
            Some(Uncertainty::new(embedder, split, &sigma, &recall_at_1)?)
        } else {
            None
        };
        Ok(Self {
            split: name.to_owned(),
            measure: measure.to_string(),
            images: split.set.images.len(),
            captions: split.set.captions.len(),
            mean: Figures::mean(&i2t, &t2i),
            rsum: summary.r_sum(),
            chance: Chance::of(truth.as_ref()),
            i2t,
            t2i,
            uncertainty,
            detail: Detail { images: ranked.images, captions: ranked.captions, sigma, recall_at_1 },
        })
    }

    /// The figures as a table for people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} images, {} captions of `{}`, compared by {}",
            self.images, self.captions, self.split, self.measure
        );
        let _ = writeln!(
            out,
            "{:<14}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}",
            "", "R@1 %", "R@5 %", "R@10 %", "R-P %", "mAP@R %", "medR"
        );
        for (name, figures) in [("image to text", &self.i2t), ("text to image", &self.t2i), ("mean", &self.mean)] {
            let percent =
                [figures.r1, figures.r5, figures.r10, figures.rprecision, figures.map_at_r].map(|x| 100.0 * x);
            let cells: String = percent.iter().map(|value| format!("{value:>8.1}")).collect();
            let _ = writeln!(out, "{name:<14}{cells}{:>8.1}", figures.medr);
        }
        let _ =
            writeln!(out, "{:<14}{:>8.1}{:>24.1}", "chance", 100.0 * self.chance.r1, 100.0 * self.chance.rprecision);
        if let Some(uncertainty) = &self.uncertainty {
            out.push_str(&uncertainty.sentences());
        }
        out
    }
}

/// Embeddings of a split and the ranks of every positive.
struct Ranked {
    images: DiagNormal,
    captions: DiagNormal,
    ranks: TwoWay<PositiveRanks>,
}

impl Ranked {
    fn new(embedder: &Embedder, split: &Split, measure: Measure) -> anyhow::Result<Self> {
        let (images, captions) = embed(embedder, split)?;
        let scores = embedder.two_way_scores(measure, &images, &captions)?;
        let ranks = rank(&scores, &relevance(split)?)?;
        Ok(Self { images, captions, ranks })
    }
}

/// Embeddings of the images and of the captions of a split.
fn embed(embedder: &Embedder, split: &Split) -> anyhow::Result<(DiagNormal, DiagNormal)> {
    Ok((embedder.split_images(split)?, embedder.split_captions(split)?))
}

/// The ranks of every positive in both directions.
fn rank(scores: &TwoWayScores, truth: &TwoWay<Relevance>) -> anyhow::Result<TwoWay<PositiveRanks>> {
    let rows = scores.directions();
    let ranks = |rows: &dyn ScoreRows, truth: &Relevance| -> anyhow::Result<PositiveRanks> {
        Ok(rank_positives(rows, &[RankTask::whole(truth)], Ties::ByIndex)?.remove(0))
    };
    Ok(TwoWay { i2t: ranks(&*rows.i2t, &truth.i2t)?, t2i: ranks(&*rows.t2i, &truth.t2i)? })
}

/// The ranks of every positive of a split, under the model's own measure.
///
/// # Errors
/// Scores that are not numbers.
pub fn ranks_of_split(embedder: &Embedder, split: &Split) -> anyhow::Result<TwoWay<PositiveRanks>> {
    Ok(Ranked::new(embedder, split, embedder.default_measure())?.ranks)
}

/// R-Precision and R@1 alone, means of both directions: what is watched during training.
///
/// # Errors
/// Scores that are not numbers.
pub fn glance(embedder: &Embedder, split: &Split) -> anyhow::Result<Vec<(String, f64)>> {
    let summary = ranks_of_split(embedder, split)?.as_ref().try_map(RankSummary::of)?;
    let mean = |figure: fn(&RankSummary) -> f64| summary.map(|direction| figure(&direction)).mean();
    Ok(vec![
        ("r_precision".to_owned(), mean(|summary| summary.r_precision)),
        ("recall_at_1".to_owned(), mean(|summary| summary.recall_at_1)),
    ])
}

/// The complete ground truth of a split.
pub fn relevance(split: &Split) -> anyhow::Result<TwoWay<Relevance>> {
    let matches = &split.set.matches;
    Ok(TwoWay {
        i2t: Relevance::from_lists(split.set.captions.len(), matches.captions_of_image())?,
        t2i: Relevance::from_lists(split.set.images.len(), matches.images_of_caption())?,
    })
}

/// PCME's uncertainty of every row: the geometric mean of sigma.
pub fn sigma(embeddings: &DiagNormal) -> Vec<f64> {
    let [_, dim] = embeddings.dims();
    UncertaintyScore::GeometricMeanSigma.of_rows(&rows(embeddings.log_var().0), dim)
}
