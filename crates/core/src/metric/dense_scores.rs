//! Scores that already lie in memory as one matrix.

use std::ops::Range;

use super::{MetricError, Score, ScoreRows, TransposedScores};

/// A borrowed row-major score matrix, queries by gallery.
#[derive(Debug, Clone, Copy)]
pub struct DenseScores<'a, S = f32> {
    scores: &'a [S],
    queries: usize,
    gallery: usize,
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
        Ok(Self { scores, queries, gallery })
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
        &self.scores[query * self.gallery..(query + 1) * self.gallery]
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
        out.copy_from_slice(&self.scores[rows.start * self.gallery..rows.end * self.gallery]);
    }

    fn stored(&self, rows: Range<usize>) -> Option<&[S]> {
        Some(&self.scores[rows.start * self.gallery..rows.end * self.gallery])
    }
}
