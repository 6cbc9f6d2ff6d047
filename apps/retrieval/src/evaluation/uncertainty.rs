//! What the widths of the embeddings say about the items.

use super::Corruption;
use crate::dataset::Split;
use crate::embedder::Embedder;
use halation_core::metric::{BinAnalysis, Calibration, MetricError, RiskCoverage, TwoWay, spearman};
use serde::Serialize;
use std::fmt::Write;

/// Uncertainty figures of a split; the uncertainty of an item is the geometric mean of its sigma.
#[derive(Debug, Serialize)]
pub struct Uncertainty {
    /// Mean over the images.
    pub image_sigma: f64,
    /// Mean over the captions.
    pub caption_sigma: f64,
    /// Spearman correlation with the true ambiguity of the captions, where it is known.
    pub caption_ambiguity_spearman: Option<f64>,
    /// Spearman correlation with the true ambiguity of the images, where it is known.
    pub image_ambiguity_spearman: Option<f64>,
    /// R@1 of the captions by bins of rising uncertainty; absent with fewer captions than bins.
    pub caption_bins: Option<Bins>,
    /// R@1 of the images by bins of rising uncertainty.
    pub image_bins: Option<Bins>,
    /// Pearson's r between caption bin and R@1; negative when the certain are found more often.
    pub caption_bins_pearson: Option<f64>,
    /// The same for images.
    pub image_bins_pearson: Option<f64>,
    /// How evenly R@1 falls over the bins of the captions (ProbVLM).
    pub caption_calibration: Option<CalibrationFigures>,
    /// The same for images.
    pub image_calibration: Option<CalibrationFigures>,
    /// Area under the risk-coverage curve of the captions, risk being 1 - R@1: what is left of the error, on average, when
    /// ever more of the most uncertain captions go unanswered. A useless uncertainty gives the error of all.
    pub caption_aurc: Option<f64>,
    /// The same for images.
    pub image_aurc: Option<f64>,
    /// Mean uncertainty of the images as a growing part of their pixels is covered; absent where nothing new can be embedded.
    pub occlusion: Option<Corruption>,
    /// Mean uncertainty of the captions as a growing part of their words is removed.
    pub word_removal: Option<Corruption>,
    /// Share of the steps of `occlusion` that rise; 1 is monotone.
    pub occlusion_monotone: Option<f64>,
    /// Share of the steps of `word_removal` that rise; 1 is monotone.
    pub word_removal_monotone: Option<f64>,
}

/// R@1 by bins of rising uncertainty.
#[derive(Debug, Serialize)]
pub struct Bins {
    /// Mean uncertainty of each bin.
    pub sigma: Vec<f64>,
    /// Mean R@1 of each bin.
    pub recall_at_1: Vec<Option<f64>>,
    #[serde(skip)]
    pearson: Option<f64>,
    #[serde(skip)]
    calibration: Option<CalibrationFigures>,
}

/// ProbVLM's calibration of an uncertainty: 1 is a metric that falls along a straight line from bin to bin, 0 no relation.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CalibrationFigures {
    /// Spearman's S between bin and R@1.
    pub spearman: f64,
    /// R^2 of a straight line through the bins.
    pub r_squared: f64,
    /// `-S R^2`.
    pub score: f64,
}

impl Uncertainty {
    /// Everything that can be said about a split.
    ///
    /// # Errors
    /// Uncertainties that are not numbers.
    pub fn new(
        embedder: &Embedder,
        split: &Split,
        sigma: &TwoWay<Vec<f64>>,
        recall_at_1: &TwoWay<Vec<Option<f64>>>,
    ) -> anyhow::Result<Self> {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let truth = split.ambiguity.as_ref();
        let correlate = |sigma: &[f64], truth: Option<&Vec<f64>>| -> Result<Option<f64>, MetricError> {
            truth.map_or(Ok(None), |truth| spearman(sigma, truth))
        };
        let caption_bins = bins(&sigma.t2i, &recall_at_1.t2i)?;
        let image_bins = bins(&sigma.i2t, &recall_at_1.i2t)?;
        let (occlusion, word_removal) = if embedder.frozen().is_none_or(|towers| towers.embeds_anything()) {
            (Some(Corruption::of_images(embedder, split)?), Some(Corruption::of_captions(embedder, split)?))
        } else {
            (None, None)
        };
        Ok(Self {
            image_sigma: mean(&sigma.i2t),
            caption_sigma: mean(&sigma.t2i),
            caption_ambiguity_spearman: correlate(&sigma.t2i, truth.map(|truth| &truth.captions))?,
            image_ambiguity_spearman: correlate(&sigma.i2t, truth.map(|truth| &truth.images))?,
            caption_aurc: area(&sigma.t2i, &recall_at_1.t2i)?,
            image_aurc: area(&sigma.i2t, &recall_at_1.i2t)?,
            caption_bins_pearson: caption_bins.as_ref().and_then(|bins| bins.pearson),
            caption_calibration: caption_bins.as_ref().and_then(|bins| bins.calibration),
            image_calibration: image_bins.as_ref().and_then(|bins| bins.calibration),
            image_bins_pearson: image_bins.as_ref().and_then(|bins| bins.pearson),
            occlusion_monotone: occlusion.as_ref().map(Corruption::rising_share),
            word_removal_monotone: word_removal.as_ref().map(Corruption::rising_share),
            caption_bins,
            image_bins,
            occlusion,
            word_removal,
        })
    }

    /// For people.
    pub fn sentences(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "sigma: images {:.3}, captions {:.3}", self.image_sigma, self.caption_sigma);
        if let Some(r) = self.caption_ambiguity_spearman {
            let _ = writeln!(out, "sigma of a caption against its true ambiguity: Spearman {r:.3}");
        }
        for (side, area, r, calibration) in [
            ("images", self.image_aurc, self.image_bins_pearson, &self.image_calibration),
            ("captions", self.caption_aurc, self.caption_bins_pearson, &self.caption_calibration),
        ] {
            let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
            let score = calibration.map(|calibration| calibration.score);
            let _ = writeln!(
                out,
                "{side}: AURC {}, R@1 over bins of uncertainty: Pearson {}, calibration -S R^2 {}",
                number(area),
                number(r),
                number(score)
            );
        }
        for (what, curve) in [
            ("images, clean to 90 % covered", &self.occlusion),
            ("captions, whole to 90 % of their words removed", &self.word_removal),
        ] {
            if let Some(Corruption { sigma, .. }) = curve {
                let _ = writeln!(out, "sigma of {what}: {:.3} -> {:.3}", sigma[0], sigma[sigma.len() - 1]);
            }
        }
        out
    }
}

/// `None` where no query has a positive.
fn area(sigma: &[f64], recall: &[Option<f64>]) -> Result<Option<f64>, MetricError> {
    let (sigma, error): (Vec<f64>, Vec<f64>) =
        sigma.iter().zip(recall).filter_map(|(&sigma, recall)| recall.map(|recall| (sigma, 1.0 - recall))).unzip();
    if sigma.is_empty() { Ok(None) } else { RiskCoverage::new(&sigma, &error).map(|curve| Some(curve.area)) }
}

fn bins(sigma: &[f64], recall: &[Option<f64>]) -> Result<Option<Bins>, MetricError> {
    if sigma.len() < BinAnalysis::BINS {
        return Ok(None);
    }
    let analysis = BinAnalysis::new(sigma, recall, BinAnalysis::BINS)?;
    Ok(Some(Bins {
        sigma: analysis.bins.iter().map(|bin| bin.uncertainty).collect(),
        recall_at_1: analysis.bins.iter().map(|bin| bin.metric).collect(),
        pearson: analysis.pearson,
        calibration: Calibration::new(&analysis)?.map(|found| CalibrationFigures {
            spearman: found.spearman,
            r_squared: found.r_squared,
            score: found.score,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use super::area;

    #[test]
    fn the_risk_is_the_share_not_found_and_queries_without_positives_do_not_count() {
        // The surest is found, the next is not: risks 0 and 1/2.
        let found = area(&[0.1, 0.2, 0.3], &[Some(1.0), Some(0.0), None]).unwrap();
        assert_eq!(found, Some(0.25));
        assert_eq!(area(&[0.1], &[None]).unwrap(), None);
    }
}
