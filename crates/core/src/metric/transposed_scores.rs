//! The other direction of a score matrix.

use std::ops::Range;

use rayon::prelude::*;

use super::{DenseScores, Score, ScoreRows};

/// Side of the squares that are transposed one at a time: both its rows and its columns stay in the first cache.
const TILE: usize = 32;

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
        let first = rows.start;
        let transpose = |(index, band): (usize, &mut [S])| {
            let start = first + index * TILE;
            for items in (0..gallery).step_by(TILE).map(|item| item..gallery.min(item + TILE)) {
                for (query, row) in band.chunks_exact_mut(gallery).enumerate() {
                    for (item, score) in items.clone().zip(&mut row[items.clone()]) {
                        *score = self.inner.row(item)[start + query];
                    }
                }
            }
        };
        out.par_chunks_mut((TILE * gallery).max(1)).enumerate().for_each(transpose);
    }
}
