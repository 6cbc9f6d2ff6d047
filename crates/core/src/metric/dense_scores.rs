//! Scores that already lie in memory as one matrix.

use std::ops::Range;

use super::{MetricError, Score, ScoreRows, TransposedScores};

/// A borrowed row-major score matrix, queries by gallery.
#[derive(Debug, Clone, Copy)]
pub struct DenseScores<'a, S = f32> {
    scores: &'a [S],
    queries: usize,
    gallery: usize,
    /// From the start of a row to that of the next: the gallery, or more where the gallery is a part of the columns.
    stride: usize,
}

impl<'a, S: Score> DenseScores<'a, S> {
    /// Views `scores` as a matrix.
    ///
    /// # Shapes
    /// * `scores`: `[queries, gallery]`, row-major
    ///
    /// # Errors
    /// [`MetricError::Shape`] if the length is not `queries * gallery`.
    pub fn new(scores: &'a [S], queries: usize, gallery: usize) -> Result<Self, MetricError> {
        if queries.checked_mul(gallery) != Some(scores.len()) {
            return Err(MetricError::Shape {
                what: "score matrix",
                found: format!("{} scores", scores.len()),
                expected: format!("{queries} x {gallery}"),
            });
        }
        Ok(Self { scores, queries, gallery, stride: gallery })
    }

    /// The scores of a part of the gallery; nothing is copied.
    ///
    /// # Panics
    /// If `columns` reaches past the gallery.
    pub fn columns(self, columns: Range<usize>) -> Self {
        assert!(columns.end <= self.gallery, "columns {columns:?} of {}", self.gallery);
        Self { scores: self.scores.get(columns.start..).unwrap_or_default(), gallery: columns.len(), ..self }
    }

    /// The same scores with the roles of queries and gallery exchanged; nothing is copied.
    pub fn transposed(self) -> TransposedScores<'a, S> {
        TransposedScores::new(self)
    }

    /// The scores of one query.
    ///
    /// # Panics
    /// If `query` is out of range.
    pub fn row(&self, query: usize) -> &'a [S] {
        &self.scores[query * self.stride..][..self.gallery]
    }
}

impl<S: Score> ScoreRows<S> for DenseScores<'_, S> {
    fn queries(&self) -> usize {
        self.queries
    }

    fn gallery(&self) -> usize {
        self.gallery
    }

    fn fill(&self, rows: Range<usize>, out: &mut [S]) {
        assert_eq!(out.len(), rows.len() * self.gallery, "room for {} rows of scores", rows.len());
        for (query, out) in rows.zip(out.chunks_exact_mut(self.gallery.max(1))) {
            out.copy_from_slice(self.row(query));
        }
    }

    fn stored(&self, rows: Range<usize>) -> Option<&[S]> {
        (self.stride == self.gallery).then(|| &self.scores[rows.start * self.stride..rows.end * self.stride])
    }
}
