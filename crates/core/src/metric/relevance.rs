//! The ground truth of one retrieval direction.

use std::collections::BTreeMap;

use super::MetricError;

/// Which gallery items are right for which query: sorted lists in compressed rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relevance {
    offsets: Vec<usize>, // [queries + 1]
    items: Vec<u32>,     // ascending within a query
    gallery: usize,
    absent: BTreeMap<usize, u32>, // by query
}

impl Relevance {
    /// Builds the ground truth from one list of gallery indices per query; a repeated index counts once, a query may have none.
    ///
    /// # Errors
    /// [`MetricError::IndexOutOfRange`] if an index is not below `gallery`.
    pub fn from_lists<L: AsRef<[usize]>>(gallery: usize, lists: &[L]) -> Result<Self, MetricError> {
        if u32::try_from(gallery).is_err() {
            return Err(MetricError::Shape {
                what: "gallery",
                found: format!("{gallery} items"),
                expected: format!("at most {}", u32::MAX),
            });
        }
        let mut offsets = Vec::with_capacity(lists.len() + 1);
        offsets.push(0);
        let mut items: Vec<u32> = Vec::with_capacity(lists.iter().map(|list| list.as_ref().len()).sum());
        for (query, list) in lists.iter().enumerate() {
            let mut sorted = list.as_ref().to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            if let Some(&index) = sorted.last().filter(|&&index| index >= gallery) {
                return Err(MetricError::IndexOutOfRange { what: "a positive", query, index, gallery });
            }
            items.extend(sorted.into_iter().map(|item| item as u32));
            offsets.push(items.len());
        }
        Ok(Self { offsets, items, gallery, absent: BTreeMap::new() })
    }

    /// Builds the ground truth of a class-based protocol: a gallery item is right if it is of the query's class.
    ///
    /// On CUB (Reed et al. captions) `R` is then the number of captions of the class for an image and the number of images of
    /// the class for a caption; [`transpose`](Self::transpose) gives the other direction.
    ///
    /// # Errors
    /// [`MetricError::Shape`] if the gallery is too large to index.
    pub fn from_classes(query_classes: &[usize], gallery_classes: &[usize]) -> Result<Self, MetricError> {
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (item, &class) in gallery_classes.iter().enumerate() {
            members.entry(class).or_default().push(item);
        }
        let lists: Vec<&[usize]> =
            query_classes.iter().map(|class| members.get(class).map_or(&[][..], Vec::as_slice)).collect();
        Self::from_lists(gallery_classes.len(), &lists)
    }

    /// Declares that `query` has `count` further positives that the gallery lacks.
    ///
    /// They can never be found but count in `R`, so that a gallery with holes does not look better than it is. (ECCV Caption names
    /// two captions that are not in COCO 5K; its published scores count them.) A query with no other positives stays excluded.
    pub fn with_absent(mut self, query: usize, count: u32) -> Self {
        if count > 0 {
            *self.absent.entry(query).or_default() += count;
        }
        self
    }

    /// Number of queries, those without positives included.
    pub fn queries(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of gallery items.
    pub fn gallery(&self) -> usize {
        self.gallery
    }

    /// Number of positive pairs.
    pub fn pairs(&self) -> usize {
        self.items.len()
    }

    /// The positives of `query`, ascending.
    ///
    /// # Panics
    /// If `query` is out of range.
    pub fn positives(&self, query: usize) -> &[u32] {
        &self.items[self.offsets[query]..self.offsets[query + 1]]
    }

    /// Number of positives of `query` that the gallery lacks.
    pub fn absent(&self, query: usize) -> u32 {
        self.absent.get(&query).copied().unwrap_or(0)
    }

    /// The same pairs seen from the gallery; absent positives are nobody's query and drop out.
    pub fn transpose(&self) -> Self {
        let mut offsets = vec![0; self.gallery + 1];
        for &item in &self.items {
            offsets[item as usize + 1] += 1;
        }
        for index in 0..self.gallery {
            offsets[index + 1] += offsets[index];
        }
        let mut next = offsets.clone();
        let mut items = vec![0; self.items.len()];
        // Queries come in ascending order, so every new list is ascending too.
        for query in 0..self.queries() {
            for &item in self.positives(query) {
                items[next[item as usize]] = query as u32;
                next[item as usize] += 1;
            }
        }
        Self { offsets, items, gallery: self.queries(), absent: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_twice_gives_the_same_pairs() {
        let truth = Relevance::from_lists(4, &[vec![3, 0, 3], vec![], vec![0]]).unwrap();
        assert_eq!(truth.positives(0), [0, 3]);
        assert_eq!(truth.transpose().positives(0), [0, 2]);
        assert_eq!(truth.transpose().positives(1), [0u32; 0]);
        assert_eq!(truth.transpose().transpose(), truth);
    }

    #[test]
    fn a_positive_past_the_gallery_is_an_error_that_names_it() {
        let error = Relevance::from_lists(4, &[vec![0], vec![1, 4]]).unwrap_err();
        assert_eq!(error, MetricError::IndexOutOfRange { what: "a positive", query: 1, index: 4, gallery: 4 });
    }
}
