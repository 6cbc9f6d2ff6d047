//! A whole score matrix, computed once and read in both directions.

use rayon::prelude::*;

use super::{DenseScores, Score, ScoreRows, TransposedScores};

/// An owned row-major score matrix, queries by gallery.
///
/// Where a measure is symmetric, one matrix serves both directions of retrieval and saves the second sweep:
///
/// ```
/// use halation_core::metric::{DenseScores, ScoreMatrix, ScoreRows};
///
/// let scores = [0.9, 0.1, 0.2, 0.3, 0.8, 0.4];
/// let matrix = ScoreMatrix::compute(&DenseScores::new(&scores, 2, 3)?);
/// let mut row = [0.0; 2];
/// matrix.by_gallery().fill(1..2, &mut row);
/// assert_eq!(row, [0.1, 0.8]);
/// # Ok::<(), halation_core::metric::MetricError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ScoreMatrix<S = f32> {
    scores: Vec<S>,
    queries: usize,
    gallery: usize,
}

impl<S: Score> ScoreMatrix<S> {
    /// Bytes of scores computed at a time: every block costs a pass over the gallery, so it is larger than a row needs; what is
    /// larger than this, glibc takes from the system and gives back for every step of the computation.
    const BLOCK_BYTES: usize = 16 << 20;

    /// Computes all scores, blocks of rows in parallel: `queries * gallery` of them stay in memory.
    pub fn compute(source: &(impl ScoreRows<S> + Sync + ?Sized)) -> Self {
        let (queries, gallery) = (source.queries(), source.gallery());
        let mut scores = vec![S::default(); queries * gallery];
        let rows_per_block = (Self::BLOCK_BYTES / size_of::<S>() / gallery.max(1)).max(1);
        scores.par_chunks_mut((rows_per_block * gallery).max(1)).enumerate().for_each(|(index, block)| {
            let start = index * rows_per_block;
            source.fill(start..start + block.len() / gallery, block); // [rows, gallery]
        });
        Self { scores, queries, gallery }
    }

    /// The queries against the gallery.
    pub fn by_query(&self) -> DenseScores<'_, S> {
        DenseScores::new(&self.scores, self.queries, self.gallery).expect("the matrix was made with this shape")
    }

    /// The gallery against the queries.
    pub fn by_gallery(&self) -> TransposedScores<'_, S> {
        self.by_query().transposed()
    }
}
