//! One question put to a score matrix.

use super::{Folds, MetricError, Relevance};

/// A ground truth, and optionally a partition that restricts each query to the gallery of its fold.
#[derive(Debug, Clone, Copy)]
pub struct RankTask<'a> {
    /// The positives of every query.
    pub relevance: &'a Relevance,
    /// The partition; without one, every query sees the whole gallery.
    pub folds: Option<&'a Folds>,
}

impl<'a> RankTask<'a> {
    /// Every query against the whole gallery.
    pub fn whole(relevance: &'a Relevance) -> Self {
        Self { relevance, folds: None }
    }

    /// Every query against the gallery of its own fold.
    pub fn folded(relevance: &'a Relevance, folds: &'a Folds) -> Self {
        Self { relevance, folds: Some(folds) }
    }

    /// Checks that ground truth and partition are about `queries` and `gallery`.
    pub(super) fn check(&self, queries: usize, gallery: usize) -> Result<(), MetricError> {
        let fits = |what, found: (usize, usize)| {
            if found == (queries, gallery) {
                return Ok(());
            }
            Err(MetricError::Shape {
                what,
                found: format!("{} queries, {} gallery items", found.0, found.1),
                expected: format!("{queries} queries, {gallery} gallery items, as scored"),
            })
        };
        fits("ground truth", (self.relevance.queries(), self.relevance.gallery()))?;
        self.folds.map_or(Ok(()), |folds| fits("folds", (folds.queries(), folds.gallery())))
    }
}
