//! The other direction of a score matrix.

use std::ops::Range;

use rayon::prelude::*;

use super::{DenseScores, Score, ScoreRows};

/// Fewest columns that are transposed together: what is read of a long row should be worth opening its page.
const MIN_BAND: usize = 64;

/// Rows that are read together: one cache line of every new row. Both the pieces read and those written stay in the first cache.
const DEPTH: usize = 16;

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
        let band = rows.len().div_ceil(rayon::current_num_threads()).max(MIN_BAND);
        let transpose = |(index, out): (usize, &mut [S])| {
            let start = rows.start + index * band;
            for items in (0..gallery).step_by(DEPTH).map(|item| item..gallery.min(item + DEPTH)) {
                for (query, row) in out.chunks_exact_mut(gallery).enumerate() {
                    for (item, score) in items.clone().zip(&mut row[items.clone()]) {
                        *score = self.inner.row(item)[start + query];
                    }
                }
            }
        };
        out.par_chunks_mut((band * gallery).max(1)).enumerate().for_each(transpose);
    }
}
