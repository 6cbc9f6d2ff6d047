//! A model on the test images, clean and corrupted, and what its uncertainty is worth.

mod confidence;
mod figures;
mod match_scores;
mod occlusion;

pub use figures::{Figures, Questions, etas};
pub use match_scores::MatchScores;
pub use occlusion::Occlusion;

use crate::dataset::{Dataset, data_error};
use crate::embedder::Embedder;
use figures::pair_scores;
use halation_core::metric::Verification;
use halation_data::world::digits::DigitOcclusion;
use serde::Serialize;
use std::fmt::Write;

/// Names of the two independent sets of draws.
const QUERY: &str = "query";
const GALLERY: &str = "gallery";

/// Pairs that are verified during training.
const GLANCE: usize = 500;

/// Everything `eval` reports; its JSON is what `cargo xtask repro` reads.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    /// What an embedding is.
    pub head: &'static str,
    /// Digits of an image, N.
    pub digits: usize,
    /// Dimension of the embedding, D.
    pub dim: usize,
    /// Test images, each a query.
    pub queries: usize,
    /// Clean training images that neighbours come from.
    pub gallery: usize,
    /// Verified pairs.
    pub pairs: usize,
    /// On test images as they are.
    pub clean: Figures,
    /// With a black square of random size on every digit.
    pub corrupted: Figures,
    /// What guessing would get.
    pub chance: Chance,
    /// Uncertainty over covered fractions; absent for points.
    pub occlusion: Option<Occlusion>,
    /// Share of the steps of that curve that rise; 1 is monotone.
    pub occlusion_monotone: Option<f64>,
}

/// Figures of guessing.
#[derive(Debug, Serialize)]
pub struct Chance {
    /// One in all numbers.
    pub knn: f64,
    /// The share of matches among the pairs.
    pub ap: f64,
}

impl Evaluation {
    /// Embeds gallery and test images and evaluates.
    ///
    /// # Errors
    /// A test set without pairs; scores that are not numbers.
    pub fn new(embedder: &Embedder, dataset: &Dataset) -> anyhow::Result<Self> {
        let (recipe, test) = (embedder.recipe(), &dataset.test);
        let eval = &recipe.eval;
        let pairs = test.verification_pairs(eval.pairs, eval.seed).map_err(data_error)?;
        let gallery = spread(dataset.train.len(), eval.gallery);
        let gallery_labels: Vec<usize> = gallery.iter().map(|&image| dataset.train.number(image) as usize).collect();
        let embedded = embedder.embed(&dataset.train, &gallery, None);
        let labels = test.classes();
        let questions = Questions {
            gallery: embedder.samples(&embedded, GALLERY, eval.samples),
            gallery_labels: &gallery_labels,
            labels: &labels,
            pairs: &pairs,
        };
        let figures = |occlusion: Option<&DigitOcclusion>| {
            let images: Vec<usize> = (0..test.len()).collect();
            Figures::new(embedder, &embedder.embed(test, &images, occlusion), &questions)
        };
        let occlusion = Occlusion::new(embedder, dataset);
        Ok(Self {
            head: recipe.model.head.name(),
            digits: test.digits(),
            dim: recipe.model.dim,
            queries: test.len(),
            gallery: gallery.len(),
            pairs: pairs.len(),
            clean: figures(None)?,
            corrupted: figures(Some(&DigitOcclusion::corrupted_test(eval.seed)))?,
            chance: Chance {
                knn: 1.0 / test.numbers().len() as f64,
                ap: pairs.iter().filter(|pair| pair.2).count() as f64 / pairs.len() as f64,
            },
            occlusion_monotone: occlusion.as_ref().map(Occlusion::rising_share),
            occlusion,
        })
    }

    /// The figures as a table for people.
    pub fn table(&self) -> String {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} embeddings of {} digits in {} dimensions: {} queries, {} gallery images, {} pairs",
            self.head, self.digits, self.dim, self.queries, self.gallery, self.pairs
        );
        let _ = writeln!(out, "{:<12}{:>9}{:>9}{:>9}{:>14}{:>14}", "", "k-NN %", "AP", "eta", "tau k-NN", "tau AP");
        for (name, figures) in [("clean", &self.clean), ("corrupted", &self.corrupted)] {
            let (eta, knn, ap) = (number(figures.eta), number(figures.knn_kendall), number(figures.ap_kendall));
            let _ = writeln!(out, "{name:<12}{:>9.1}{:>9.3}{eta:>9}{knn:>14}{ap:>14}", 100.0 * figures.knn, figures.ap);
        }
        let _ = writeln!(out, "{:<12}{:>9.1}{:>9.3}", "chance", 100.0 * self.chance.knn, self.chance.ap);
        if let Some(share) = self.occlusion_monotone {
            let _ = writeln!(out, "eta rises in {:.0} % of the steps of the occlusion curve", 100.0 * share);
        }
        out
    }
}

/// Average precision on clean test images alone: what is watched during training.
///
/// # Errors
/// As [`Evaluation::new`].
pub fn glance(embedder: &Embedder, dataset: &Dataset) -> anyhow::Result<Vec<(String, f64)>> {
    let drawn = dataset.test.verification_pairs(GLANCE, embedder.recipe().eval.seed).map_err(data_error)?;
    let images: Vec<usize> = drawn.iter().flat_map(|&(one, other, _)| [one, other]).collect();
    let embedded = embedder.embed(&dataset.test, &images, None);
    let pairs: Vec<(usize, usize, bool)> =
        drawn.iter().enumerate().map(|(place, pair)| (2 * place, 2 * place + 1, pair.2)).collect();
    let same: Vec<bool> = pairs.iter().map(|pair| pair.2).collect();
    let ap = Verification::new(&pair_scores(embedder, &embedded, &pairs), &same)?.average_precision();
    Ok(vec![("clean_ap".to_owned(), ap)])
}

/// `count` of `items` indices (or all of them), spread evenly.
pub fn spread(items: usize, count: usize) -> Vec<usize> {
    let count = count.min(items);
    (0..count).map(|place| place * items / count).collect()
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_spread_takes_as_many_of_each_of_equal_runs() {
        let taken = spread(1_000, 50);
        let of_run = |run: usize| taken.iter().filter(|&&index| index / 100 == run).count();
        assert!((0..10).all(|run| of_run(run) == 5), "{taken:?}");
        assert_eq!(spread(3, 10), [0, 1, 2]);
    }
}
