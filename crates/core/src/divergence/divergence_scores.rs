//! The bridge from a divergence to the metrics that rank.

use std::ops::Range;

use super::Divergence;
use crate::{dist::DiagNormal, metric::ScoreRows};

/// The scores of a query set against a gallery under one measure, computed a block of query rows at a time.
///
/// Values of measures whose smaller values are closer are negated, as [`ScoreRows`] wants larger to be closer.
#[derive(Debug)]
pub struct DivergenceScores {
    divergence: Box<dyn Divergence>,
    query: DiagNormal,
    gallery: DiagNormal,
}

impl DivergenceScores {
    /// The scores of `query` `[N, D]` against `gallery` `[M, D]`, computed without autodiff.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn new(divergence: Box<dyn Divergence>, query: DiagNormal, gallery: DiagNormal) -> Self {
        let ([_, d], [_, gallery_d]) = (query.dims(), gallery.dims());
        assert_eq!(d, gallery_d, "dimensions of query and gallery embeddings differ");
        Self { divergence, query: query.without_autodiff(), gallery: gallery.without_autodiff() }
    }

    /// The measure.
    pub fn divergence(&self) -> &dyn Divergence {
        self.divergence.as_ref()
    }
}

impl ScoreRows for DivergenceScores {
    fn queries(&self) -> usize {
        self.query.dims()[0]
    }

    fn gallery(&self) -> usize {
        self.gallery.dims()[0]
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f32]) {
        assert!(rows.end <= self.queries(), "rows {rows:?} of {} queries", self.queries());
        assert_eq!(out.len(), rows.len() * self.gallery(), "room for {} rows of scores", rows.len());
        if out.is_empty() {
            return;
        }
        let values = self.divergence.pairwise(&self.query.rows(rows), &self.gallery); // [rows, M]
        let scores = self.divergence.direction().to_scores(values).into_data_as::<f32>();
        out.copy_from_slice(scores.as_slice().expect("scores were converted to f32"));
    }
}
