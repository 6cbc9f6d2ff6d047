//! The bridge from a divergence to the metrics that rank.

use std::fmt;
use std::ops::Range;

use super::{Divergence, ToGallery};
use crate::{dist::DiagNormal, metric::ScoreRows};

/// The scores of a query set against a gallery under one measure, computed a block of query rows at a time.
///
/// Values of measures whose smaller values are closer are negated, as [`ScoreRows`] wants larger to be closer.
pub struct DivergenceScores {
    divergence: Box<dyn Divergence>,
    query: DiagNormal,
    gallery: DiagNormal,
    to_gallery: Option<ToGallery>,
}

impl DivergenceScores {
    /// The scores of `query` `[N, D]` against `gallery` `[M, D]`, computed without autodiff.
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn new(divergence: Box<dyn Divergence>, query: DiagNormal, gallery: DiagNormal) -> Self {
        let ([_, d], [_, gallery_d]) = (query.dims(), gallery.dims());
        assert_eq!(d, gallery_d, "dimensions of query and gallery embeddings differ");
        let gallery = gallery.without_autodiff();
        // An empty gallery has no centre.
        let to_gallery = if gallery.dims()[0] == 0 { None } else { divergence.to_gallery(&gallery) };
        Self { divergence, query: query.without_autodiff(), gallery, to_gallery }
    }

    /// The measure.
    pub fn divergence(&self) -> &dyn Divergence {
        self.divergence.as_ref()
    }
}

impl fmt::Debug for DivergenceScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (queries, gallery) = (self.query.dims()[0], self.gallery.dims()[0]);
        write!(f, "DivergenceScores({}, {queries} x {gallery})", self.divergence.name())
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
        let query = self.query.rows(rows);
        let values = match &self.to_gallery {
            Some(values) => values(&query),
            None => self.divergence.pairwise(&query, &self.gallery),
        }; // [rows, M]
        let scores = self.divergence.direction().to_scores(values).into_data_as::<f32>();
        out.copy_from_slice(scores.as_slice().expect("scores were converted to f32"));
    }
}
