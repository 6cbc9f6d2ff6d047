//! One direction of a score matrix on disk.

use std::ops::Range;

use halation_core::metric::ScoreRows;

use super::element::Element;

/// A [`ScoreMatrix`](super::ScoreMatrix) read by images or by captions.
///
/// Scores come in double precision, which holds every stored format exactly: no two different scores are made equal.
#[derive(Debug, Clone, Copy)]
pub struct MatrixRows<'a> {
    data: &'a [u8],
    element: Element,
    queries: usize,
    gallery: usize,
    /// Whether the scores of one query lie together.
    contiguous: bool,
}

impl<'a> MatrixRows<'a> {
    pub(super) fn new(data: &'a [u8], element: Element, queries: usize, gallery: usize, contiguous: bool) -> Self {
        Self { data, element, queries, gallery, contiguous }
    }
}

impl ScoreRows<f64> for MatrixRows<'_> {
    fn queries(&self) -> usize {
        self.queries
    }

    fn gallery(&self) -> usize {
        self.gallery
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f64]) {
        assert!(rows.end <= self.queries, "rows {rows:?} of {} queries", self.queries);
        assert_eq!(out.len(), rows.len() * self.gallery, "room for {} rows of scores", rows.len());
        let size = self.element.size();
        if self.contiguous {
            let bytes = &self.data[rows.start * self.gallery * size..rows.end * self.gallery * size];
            self.element.decode(bytes, |at, score| out[at] = score);
            return;
        }
        for item in 0..self.gallery {
            // Runs along what is contiguous on disk; the writes stride instead.
            let bytes = &self.data[(item * self.queries + rows.start) * size..][..rows.len() * size];
            self.element.decode(bytes, |query, score| out[query * self.gallery + item] = score);
        }
    }
}
