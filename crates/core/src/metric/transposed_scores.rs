//! The other direction of a score matrix.

use std::ops::Range;

use super::{DenseScores, Score, ScoreRows};

/// A [`DenseScores`] read by columns: its gallery asks, its queries answer.
#[derive(Debug, Clone, Copy)]
pub struct TransposedScores<'a, S = f32> {
    inner: DenseScores<'a, S>,
}

impl<'a, S: Score> TransposedScores<'a, S> {
    pub(super) fn new(inner: DenseScores<'a, S>) -> Self {
        Self { inner }
    }
}

impl<S: Score> ScoreRows<S> for TransposedScores<'_, S> {
    fn queries(&self) -> usize {
        self.inner.gallery()
    }

    fn gallery(&self) -> usize {
        self.inner.queries()
    }

    fn fill(&self, rows: Range<usize>, out: &mut [S]) {
        let gallery = self.gallery();
        assert_eq!(out.len(), rows.len() * gallery, "`out` must hold {} rows of {gallery}", rows.len());
        for item in 0..gallery {
            // Runs along the source's rows, which are contiguous; the writes stride instead.
            for (query, &score) in self.inner.row(item)[rows.clone()].iter().enumerate() {
                out[query * gallery + item] = score;
            }
        }
    }
}
