//! One run under every measure: what the choice of the comparison is worth at test time.

use super::{Figures, embed, rank, relevance};
use crate::dataset::Dataset;
use crate::embedder::Embedder;
use halation_core::divergence::Measure;
use halation_core::metric::RankSummary;
use serde::Serialize;
use std::fmt::Write;
use std::time::Instant;

/// A split ranked by every measure that the model can serve, in the order of [`Measure::ALL`].
#[derive(Debug, Serialize)]
pub struct MeasureTable {
    /// The split.
    pub split: String,
    /// The measure the model was trained for.
    pub own: String,
    /// One row per measure.
    pub rows: Vec<MeasureRow>,
}

/// The figures of one measure.
#[derive(Debug, Serialize)]
pub struct MeasureRow {
    /// Its name.
    pub measure: String,
    /// Means of both directions.
    pub mean: Figures,
    /// The six recalls in percent, added.
    pub rsum: f64,
    /// Scoring and ranking both directions, seconds. Of measures that share their sums, the first has the time of the sums.
    pub seconds: f64,
}

impl MeasureTable {
    /// Embeds a split once and ranks it by each measure. A model of points has no variances and is ranked by those that look
    /// at the means alone; one without match probabilities is not ranked by them.
    ///
    /// # Errors
    /// A split that does not exist, scores that are not numbers.
    pub fn of_split(embedder: &Embedder, dataset: &Dataset, name: &str) -> anyhow::Result<Self> {
        let split = dataset.split(name)?;
        let (images, captions) = embed(embedder, split)?;
        let truth = relevance(split)?;
        let measures: Vec<Measure> = Measure::ALL.into_iter().filter(|&measure| embedder.serves(measure)).collect();
        let mut rows = Vec::new();
        let mut start = Instant::now();
        embedder.each_two_way_scores(&measures, &images, &captions, |measure, scores| {
            let summary = rank(scores, &truth)?.as_ref().try_map(RankSummary::of)?;
            let row = MeasureRow {
                measure: measure.to_string(),
                mean: Figures::mean(&Figures::from(&summary.i2t), &Figures::from(&summary.t2i)),
                rsum: summary.r_sum(),
                seconds: start.elapsed().as_secs_f64(),
            };
            rows.push((measure, row));
            start = Instant::now();
            Ok(())
        })?;
        rows.sort_by_key(|&(measure, _)| measure);
        Ok(Self {
            split: name.to_owned(),
            own: embedder.default_measure().to_string(),
            rows: rows.into_iter().map(|(_, row)| row).collect(),
        })
    }

    /// The table for people; the measure that the model was trained for has a star.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:<20}{:>8}{:>8}{:>8}{:>8}{:>9}   `{}`, means of both directions; * trained for",
            "", "R@1 %", "R-P %", "mAP@R %", "rSum", "seconds", self.split
        );
        for row in &self.rows {
            let star = if row.measure == self.own { " *" } else { "" };
            let percent = [row.mean.r1, row.mean.rprecision, row.mean.map_at_r].map(|share| 100.0 * share);
            let cells: String = percent.iter().map(|value| format!("{value:>8.1}")).collect();
            let _ =
                writeln!(out, "{:<20}{cells}{:>8.1}{:>9.2}", format!("{}{star}", row.measure), row.rsum, row.seconds);
        }
        out
    }
}
