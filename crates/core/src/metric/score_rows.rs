//! The one interface between whatever produces scores and the metrics that rank by them.

use std::ops::Range;

/// Scores of every query against the whole gallery, produced a block of query rows at a time, so that the full
/// `queries x gallery` matrix never has to exist.
///
/// Larger is closer. Ties are broken by the smaller gallery index. The score type `S` is `f32` unless the source is more
/// precise (a matrix stored in double precision).
pub trait ScoreRows<S = f32> {
    /// Number of queries.
    fn queries(&self) -> usize;

    /// Number of gallery items.
    fn gallery(&self) -> usize;

    /// Writes the scores of the queries `rows` into `out`, row-major.
    ///
    /// # Shapes
    /// * `out`: `[rows.len(), gallery]`
    ///
    /// # Panics
    /// If `rows` reaches past [`queries`](Self::queries) or `out` has another length.
    fn fill(&self, rows: Range<usize>, out: &mut [S]);

    /// The same scores where they already lie in memory in this order, which saves the copy; `None`, the default, where they do not.
    ///
    /// # Shapes
    /// * returns: `[rows.len(), gallery]`, row-major
    ///
    /// # Panics
    /// If `rows` reaches past [`queries`](Self::queries).
    fn stored(&self, _rows: Range<usize>) -> Option<&[S]> {
        None
    }
}

impl<S, T: ScoreRows<S> + ?Sized> ScoreRows<S> for &T {
    fn queries(&self) -> usize {
        (**self).queries()
    }

    fn gallery(&self) -> usize {
        (**self).gallery()
    }

    fn fill(&self, rows: Range<usize>, out: &mut [S]) {
        (**self).fill(rows, out);
    }

    fn stored(&self, rows: Range<usize>) -> Option<&[S]> {
        (**self).stored(rows)
    }
}
