//! What can be wrong with the input of a metric.

/// Why a metric has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Two inputs do not fit together.
    #[error("{what}: found {found}, expected {expected}")]
    Shape {
        /// Which input.
        what: &'static str,
        /// Its size.
        found: String,
        /// The size that would fit.
        expected: String,
    },
    /// An index reaches past the end of what it points into.
    #[error("{what} of query {query} is {index}, but the gallery has {gallery} items")]
    IndexOutOfRange {
        /// Which index.
        what: &'static str,
        /// The query it belongs to.
        query: usize,
        /// The index.
        index: usize,
        /// Size of the gallery.
        gallery: usize,
    },
    /// A gallery item occurs twice in one ranking.
    #[error("the ranking of query {query} names gallery item {item} twice")]
    RepeatedItem {
        /// The query.
        query: usize,
        /// The gallery item.
        item: usize,
    },
    /// A score is not a number, so it has no rank.
    #[error("the score of query {query} against gallery item {item} is NaN; find out which embedding is not finite")]
    NanScore {
        /// The query.
        query: usize,
        /// The gallery item.
        item: usize,
    },
    /// A value is not finite.
    #[error("{what}: item {index} is not finite")]
    NotFinite {
        /// Which input.
        what: &'static str,
        /// Its position.
        index: usize,
    },
    /// A truncated ranking does not reach as far as a metric looks.
    #[error(
        "{metric} needs the first {needed} of the {gallery} gallery items for query {query}, but its ranking holds {length}; \
         give longer rankings (full ones always suffice)"
    )]
    RankingTooShort {
        /// The metric.
        metric: String,
        /// The query.
        query: usize,
        /// How many items of the gallery (or of the query's fold) its ranking holds.
        length: usize,
        /// How many are needed.
        needed: usize,
        /// How many there are.
        gallery: usize,
    },
    /// There is nothing to average over.
    #[error("no query has a positive in the gallery{}", fold.map(|fold| format!(" of fold {fold}")).unwrap_or_default())]
    NoQueries {
        /// The fold, where there are several.
        fold: Option<usize>,
    },
    /// Fewer values than the analysis needs.
    #[error("{what}: {found} values, at least {needed} are needed")]
    TooFew {
        /// Which analysis.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many it takes.
        needed: usize,
    },
}
