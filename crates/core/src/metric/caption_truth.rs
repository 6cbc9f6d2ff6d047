//! The ground truths of the COCO caption retrieval test set.

use super::{Folds, Relevance, TwoWay};

/// What is right on the 5,000 images and 25,000 captions of COCO 5K, according to whom, over gallery indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptionTruth {
    /// The captions as collected: five per image.
    pub coco: TwoWay<Relevance>,
    /// Crisscrossed Captions (Parekh et al., 2021): pairs judged similar by people.
    pub cxc: TwoWay<Relevance>,
    /// ECCV Caption (Chun et al., 2022): pairs verified by people, for a subset of queries. The directions are not each other's
    /// transpose.
    pub eccv: TwoWay<Relevance>,
    /// COCO 1K: five consecutive folds of 1,000 images and their 5,000 captions in the order of the test list.
    pub folds: TwoWay<Folds>,
}
