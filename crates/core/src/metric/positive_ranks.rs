//! Where the positives of every query ended up, and the means taken over them.

use super::{MetricError, RankMetric, RankTask};

/// For every query the 0-based ranks of all its positives: all that retrieval metrics need of a score matrix.
///
/// Made by [`rank_positives`](super::rank_positives) from scores, or by [`from_rankings`](Self::from_rankings) from ranked
/// lists. Queries without positives are left out of every mean and counted in [`excluded`](Self::excluded).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PositiveRanks {
    queries: Vec<QueryRanks>,
    folds: usize,
}

/// The positives of one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueryRanks {
    /// Ascending; only those above `depth`.
    pub ranks: Vec<u32>,
    /// `R`: the positives in the gallery (of the query's fold) and, without folds, those it lacks; zero if it has none at all.
    pub positives: u32,
    /// How many items of the ranking are known.
    pub depth: u32,
    /// Size of the gallery (of the query's fold).
    pub gallery: u32,
    /// The query's fold.
    pub fold: u32,
}

impl PositiveRanks {
    pub(super) fn new(queries: Vec<QueryRanks>, folds: usize) -> Self {
        Self { queries, folds }
    }

    /// Reads the ranks off ranked lists of gallery indices, best first, one per query.
    ///
    /// A list may be shorter than the gallery: metrics that look further then fail with the length they need.
    ///
    /// # Errors
    /// [`MetricError::Shape`], [`MetricError::IndexOutOfRange`] or [`MetricError::RepeatedItem`].
    pub fn from_rankings<L: AsRef<[u32]>>(rankings: &[L], task: RankTask<'_>) -> Result<Self, MetricError> {
        let gallery = task.relevance.gallery();
        task.check(rankings.len(), gallery)?;
        // Which item was last seen in whose ranking: one array instead of a set per query.
        let mut seen_by = vec![0usize; gallery];
        let mut queries = Vec::with_capacity(rankings.len());
        for (query, ranking) in rankings.iter().enumerate() {
            let positives = task.relevance.positives(query);
            let fold = task.folds.map(|folds| folds.fold_of_query(query));
            let members = fold.and_then(|fold| task.folds.map(|folds| folds.members(fold)));
            let in_fold = |item: &u32| members.is_none_or(|members| members.binary_search(item).is_ok());
            let mut depth = 0;
            let mut ranks = Vec::new();
            for &item in ranking.as_ref() {
                let Some(last) = seen_by.get_mut(item as usize) else {
                    let index = item as usize;
                    return Err(MetricError::IndexOutOfRange { what: "an item in the ranking", query, index, gallery });
                };
                if std::mem::replace(last, query + 1) == query + 1 {
                    return Err(MetricError::RepeatedItem { query, item: item as usize });
                }
                if in_fold(&item) {
                    if positives.binary_search(&item).is_ok() {
                        ranks.push(depth);
                    }
                    depth += 1;
                }
            }
            queries.push(QueryRanks {
                ranks,
                positives: Self::r(task, query, positives.iter().filter(|&item| in_fold(item)).count()),
                depth,
                gallery: members.map_or(gallery, <[u32]>::len) as u32,
                fold: fold.unwrap_or(0) as u32,
            });
        }
        Ok(Self { queries, folds: task.folds.map_or(1, |folds| folds.count()) })
    }

    /// `R` of `query`, which can reach `reachable` of its positives.
    pub(super) fn r(task: RankTask<'_>, query: usize, reachable: usize) -> u32 {
        let absent = if reachable == 0 || task.folds.is_some() { 0 } else { task.relevance.absent(query) };
        reachable as u32 + absent
    }

    /// Number of queries, those without positives included.
    pub fn queries(&self) -> usize {
        self.queries.len()
    }

    /// Number of queries without a positive in their gallery, which no mean counts.
    pub fn excluded(&self) -> usize {
        self.queries.iter().filter(|query| query.positives == 0).count()
    }

    /// The known ranks of the positives of `query`, 0-based, ascending.
    ///
    /// # Panics
    /// If `query` is out of range.
    pub fn ranks(&self, query: usize) -> &[u32] {
        &self.queries[query].ranks
    }

    /// The metric of every query; `None` where a query has no positive.
    ///
    /// # Errors
    /// [`MetricError::RankingTooShort`] if the ranks came from lists that do not reach far enough.
    pub fn per_query(&self, metric: RankMetric) -> Result<Vec<Option<f64>>, MetricError> {
        self.queries
            .iter()
            .enumerate()
            .map(|(index, query)| {
                if query.positives == 0 {
                    return Ok(None);
                }
                let (depth, gallery) = (query.depth as usize, query.gallery as usize);
                let enough = match metric.depth(query.positives as usize) {
                    Some(needed) => depth >= needed.min(gallery),
                    None => !query.ranks.is_empty(),
                };
                if !enough {
                    return Err(MetricError::RankingTooShort {
                        metric: metric.to_string(),
                        query: index,
                        length: depth,
                        needed: metric.depth(query.positives as usize).unwrap_or(gallery).min(gallery),
                        gallery,
                    });
                }
                Ok(Some(metric.of_query(&query.ranks, query.positives as usize)))
            })
            .collect()
    }

    /// The mean over queries that have positives, a fraction for recall and precision; with folds, the mean over folds of
    /// each fold's mean.
    ///
    /// # Errors
    /// As [`per_query`](Self::per_query), and [`MetricError::NoQueries`] if there is nothing to average in some fold.
    pub fn mean(&self, metric: RankMetric) -> Result<f64, MetricError> {
        self.mean_over_folds(metric, |values| values.iter().sum::<f64>() / values.len() as f64)
    }

    /// The median 1-based rank of the best positive, `floor(median of the 0-based ranks) + 1`; averaged over folds.
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn median_rank(&self) -> Result<f64, MetricError> {
        self.mean_over_folds(RankMetric::BestRank, |values| {
            values.sort_unstable_by(f64::total_cmp);
            let (lower, upper) = (values[(values.len() - 1) / 2], values[values.len() / 2]);
            ((lower + upper) / 2.0).floor()
        })
    }

    /// The mean 1-based rank of the best positive; averaged over folds.
    ///
    /// # Errors
    /// As [`mean`](Self::mean).
    pub fn mean_rank(&self) -> Result<f64, MetricError> {
        self.mean(RankMetric::BestRank)
    }

    fn mean_over_folds(&self, metric: RankMetric, mean: impl Fn(&mut [f64]) -> f64) -> Result<f64, MetricError> {
        let mut values = vec![Vec::new(); self.folds];
        for (query, value) in self.queries.iter().zip(self.per_query(metric)?) {
            values[query.fold as usize].extend(value);
        }
        let mut sum = 0.0;
        for (fold, values) in values.iter_mut().enumerate() {
            if values.is_empty() {
                return Err(MetricError::NoQueries { fold: (self.folds > 1).then_some(fold) });
            }
            sum += mean(values);
        }
        Ok(sum / self.folds as f64)
    }
}
