//! The figures of one kind of test images, clean or corrupted.

use super::confidence::{ap_by_confidence, knn_by_confidence};
use super::{GALLERY, MatchScores, QUERY};
use crate::embedded::Embedded;
use crate::embedder::Embedder;
use burn::tensor::{Int, Tensor, TensorData};
use halation_core::metric::{Verification, knn_labels};
use serde::Serialize;

/// Samples on each side of a self-match: cheap, one pair per image.
const SELF_SAMPLES: usize = 32;

/// Identification, verification and uncertainty on one kind of test images.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Share of the images whose number the vote of the nearest clean training images gets right.
    pub knn: f64,
    /// Average precision of the pairs, sorted by match probability.
    pub ap: f64,
    /// Mean of the uncertainty `eta = 1 - p(m | x, x)`; absent for points, for which it is the same for all.
    pub eta: Option<f64>,
    /// Kendall's tau between `1 - eta` and [`knn`](Self::knn) over 20 bins of images; positive: the sure are right more often.
    pub knn_kendall: Option<f64>,
    /// The same with [`ap`](Self::ap), over bins of pairs by the larger uncertainty of the two images.
    pub ap_kendall: Option<f64>,
}

/// What the images are compared with.
pub struct Questions<'a> {
    /// Samples of the gallery, `[G, K, D]`.
    pub gallery: Tensor<3>,
    /// Its numbers.
    pub gallery_labels: &'a [usize],
    /// Numbers of the test images.
    pub labels: &'a [usize],
    /// Pairs of test images, and whether they show one number.
    pub pairs: &'a [(usize, usize, bool)],
}

impl Figures {
    /// Answers the questions with the embeddings of all test images.
    ///
    /// # Errors
    /// Scores that are not numbers.
    pub fn new(embedder: &Embedder, test: &Embedded, questions: &Questions) -> anyhow::Result<Self> {
        let (function, eval) = (embedder.match_function(), &embedder.recipe().eval);
        let queries = embedder.samples(test, QUERY, eval.samples);
        let scores = MatchScores::new(function, queries, questions.gallery.clone());
        let found = knn_labels(&scores, questions.gallery_labels, eval.neighbours)?;
        let right: Vec<bool> = found.iter().zip(questions.labels).map(|(found, label)| found == label).collect();

        let pair_scores = pair_scores(embedder, test, questions.pairs);
        let same: Vec<bool> = questions.pairs.iter().map(|pair| pair.2).collect();
        let etas = etas(embedder, test);
        let bins = match &etas {
            Some(etas) => (knn_by_confidence(etas, &right)?, ap_by_confidence(etas, questions.pairs, &pair_scores)?),
            None => (None, None),
        };
        Ok(Self {
            knn: right.iter().filter(|&&right| right).count() as f64 / right.len() as f64,
            ap: Verification::new(&pair_scores, &same)?.average_precision(),
            eta: etas.map(|etas| etas.iter().sum::<f64>() / etas.len() as f64),
            knn_kendall: bins.0,
            ap_kendall: bins.1,
        })
    }
}

/// `ln p(m | x1, x2)` of every pair.
pub fn pair_scores(embedder: &Embedder, test: &Embedded, pairs: &[(usize, usize, bool)]) -> Vec<f64> {
    let samples = embedder.recipe().eval.samples;
    let side = |samples: Tensor<3>, of: fn(&(usize, usize, bool)) -> usize| {
        let rows: Vec<i64> = pairs.iter().map(|pair| of(pair) as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [pairs.len()]), &samples.device());
        samples.select(0, rows) // [P, J, D]
    };
    let left = side(embedder.samples(test, QUERY, samples), |pair| pair.0);
    let right = side(embedder.samples(test, GALLERY, samples), |pair| pair.1);
    on_host(embedder.match_function().log_match_of_samples(left, right))
}

/// The uncertainty `eta = 1 - p(m | x, x)` of every image, from independent samples; `None` for points.
pub fn etas(embedder: &Embedder, images: &Embedded) -> Option<Vec<f64>> {
    if !images.is_hedged() {
        return None;
    }
    let [one, other] = [QUERY, GALLERY].map(|side| embedder.samples(images, side, SELF_SAMPLES));
    Some(on_host(embedder.match_function().self_mismatch(one, other)))
}

fn on_host(values: Tensor<1>) -> Vec<f64> {
    let values: Vec<f32> = values.into_data_as::<f32>().try_into_vec().expect("converted to f32 just before");
    values.into_iter().map(f64::from).collect()
}
