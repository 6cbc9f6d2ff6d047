//! Parts of a test set that are evaluated on their own and then averaged.

use super::MetricError;

/// A partition: every query sees only the gallery of its own fold (COCO 1K: five folds of 1,000 images and their 5,000
/// captions).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    query_fold: Vec<u32>,
    members: Vec<Vec<u32>>, // gallery indices of each fold, ascending
    gallery: usize,
}

impl Folds {
    /// Builds the partition from the fold number of every query and every gallery item.
    ///
    /// # Shapes
    /// * `query_fold`: `[queries]`, `gallery_fold`: `[gallery]`, both `0..folds`
    ///
    /// # Errors
    /// [`MetricError::Shape`] if a query is in a fold that has no gallery item.
    pub fn new(query_fold: &[usize], gallery_fold: &[usize]) -> Result<Self, MetricError> {
        let folds = gallery_fold.iter().max().map_or(0, |&last| last + 1);
        let mut members = vec![Vec::new(); folds];
        for (item, &fold) in gallery_fold.iter().enumerate() {
            members[fold].push(item as u32);
        }
        for (query, &fold) in query_fold.iter().enumerate() {
            if members.get(fold).is_none_or(Vec::is_empty) {
                return Err(MetricError::Shape {
                    what: "folds",
                    found: format!("query {query} in fold {fold}, which has no gallery item"),
                    expected: "gallery items in every fold that has queries".into(),
                });
            }
        }
        Ok(Self {
            query_fold: query_fold.iter().map(|&fold| fold as u32).collect(),
            members,
            gallery: gallery_fold.len(),
        })
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Number of queries over all folds.
    pub fn queries(&self) -> usize {
        self.query_fold.len()
    }

    /// Number of gallery items over all folds.
    pub fn gallery(&self) -> usize {
        self.gallery
    }

    /// The fold of `query`.
    ///
    /// # Panics
    /// If `query` is out of range.
    pub fn fold_of_query(&self, query: usize) -> usize {
        self.query_fold[query] as usize
    }

    /// The gallery indices of `fold`, ascending.
    ///
    /// # Panics
    /// If `fold` is out of range.
    pub fn members(&self, fold: usize) -> &[u32] {
        &self.members[fold]
    }
}
