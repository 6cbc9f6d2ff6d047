//! Plausible-match R-Precision: precision under a ground truth guessed from object annotations.

use std::collections::HashMap;

use super::rank_positives::for_each_row;
use super::{Folds, MetricError, Score, ScoreRows, top_k};

/// Which queries and gallery items show the same kinds of objects.
///
/// Every item has a code with one bit per object class (COCO: 90), or none if it was never annotated; a caption has its image's
/// code. Items of equal code form a group; distances are kept between groups, not items.
#[derive(Debug, Clone)]
pub struct PlausibleMatches {
    query_group: Vec<Option<u32>>,
    gallery_group: Vec<Option<u32>>,
    distances: Vec<u8>, // [groups, groups]
    groups: usize,
}

impl PlausibleMatches {
    /// Groups the items by code.
    pub fn new(query_codes: &[Option<u128>], gallery_codes: &[Option<u128>]) -> Self {
        let mut group_of = HashMap::new();
        let mut codes = Vec::new();
        let mut group = |code: &Option<u128>| {
            code.map(|code| {
                *group_of.entry(code).or_insert_with(|| {
                    codes.push(code);
                    (codes.len() - 1) as u32
                })
            })
        };
        let query_group = query_codes.iter().map(&mut group).collect();
        let gallery_group = gallery_codes.iter().map(&mut group).collect();
        let distances = codes.iter().flat_map(|a| codes.iter().map(move |b| (a ^ b).count_ones() as u8)).collect();
        Self { query_group, gallery_group, distances, groups: codes.len() }
    }

    /// PMRP of the PCME paper: mean over the Hamming distances zeta = 0, 1, 2 of the R-Precision whose positives are the gallery
    /// items within zeta (Chun et al., 2021, section 4.1).
    ///
    /// Items without a code are dropped as queries and from the gallery. With folds, the mean over folds. A fraction; not
    /// comparable with [`pmrp_eccv50`](Self::pmrp_eccv50). The reference code loses the last item of every ranking; this does not.
    ///
    /// # Errors
    /// [`MetricError::Shape`], [`MetricError::NanScore`], [`MetricError::NoQueries`].
    pub fn pmrp_zeta012<S: Score>(
        &self,
        scores: &(impl ScoreRows<S> + ?Sized),
        folds: Option<&Folds>,
    ) -> Result<f64, MetricError> {
        let annotated = |item: &u32| self.gallery_group[*item as usize].is_some();
        let candidates: Vec<Vec<u32>> = match folds {
            None => vec![(0..self.gallery_group.len() as u32).filter(annotated).collect()],
            Some(folds) => {
                (0..folds.count()).map(|fold| folds.members(fold).iter().copied().filter(annotated).collect()).collect()
            }
        };
        self.precision(scores, folds, &candidates, &[0, 1, 2], usize::MAX)
    }

    /// PMRP as the ECCV Caption paper reports it: zeta = 0, and at most the first 50 of a ranking count.
    ///
    /// The gallery stays whole: items without a code are wrong answers. A fraction.
    ///
    /// # Errors
    /// As [`pmrp_zeta012`](Self::pmrp_zeta012).
    pub fn pmrp_eccv50<S: Score>(&self, scores: &(impl ScoreRows<S> + ?Sized)) -> Result<f64, MetricError> {
        let whole = vec![(0..self.gallery_group.len() as u32).collect()];
        self.precision(scores, None, &whole, &[0], 50)
    }

    /// Mean over folds, over `zetas` (ascending) and over queries of the precision among the first `min(R, cap)`.
    fn precision<S: Score>(
        &self,
        scores: &(impl ScoreRows<S> + ?Sized),
        folds: Option<&Folds>,
        candidates: &[Vec<u32>],
        zetas: &[u8],
        cap: usize,
    ) -> Result<f64, MetricError> {
        let sizes = [(self.query_group.len(), self.gallery_group.len())].into_iter();
        for found in sizes.chain(folds.map(|folds| (folds.queries(), folds.gallery()))) {
            if found != (scores.queries(), scores.gallery()) {
                return Err(MetricError::Shape {
                    what: "plausible matches",
                    found: format!("{} queries, {} gallery items", found.0, found.1),
                    expected: format!("{} queries, {} gallery items, as scored", scores.queries(), scores.gallery()),
                });
            }
        }
        let fold_of = |query| folds.map_or(0, |folds| folds.fold_of_query(query));
        let mut sums = vec![(0.0, 0usize); candidates.len() * zetas.len()]; // [folds, zetas]
        let mut query = 0;
        for_each_row(
            scores,
            |query, row| {
                let Some(group) = self.query_group[query] else { return Ok(Vec::new()) };
                let distances = &self.distances[group as usize * self.groups..][..self.groups];
                let within = |item: u32, zeta: u8| {
                    self.gallery_group[item as usize].is_some_and(|other| distances[other as usize] <= zeta)
                };
                let candidates = &candidates[fold_of(query)];
                let depth = |zeta: u8| candidates.iter().filter(|&&item| within(item, zeta)).count().min(cap);
                let depths: Vec<usize> = zetas.iter().map(|&zeta| depth(zeta)).collect();
                let row: Vec<S> = candidates.iter().map(|&item| row[item as usize]).collect();
                // A larger zeta never has fewer positives: one selection serves all.
                let top = top_k(&row, depths.last().copied().unwrap_or(0));
                let precision = |(&zeta, &depth): (&u8, &usize)| {
                    let hits =
                        top[..depth].iter().filter(|&&position| within(candidates[position as usize], zeta)).count();
                    (depth > 0).then(|| hits as f64 / depth as f64)
                };
                Ok(zetas.iter().zip(&depths).map(precision).collect())
            },
            |precisions| {
                let sums = &mut sums[fold_of(query) * zetas.len()..][..zetas.len()];
                for ((sum, count), precision) in sums.iter_mut().zip(precisions) {
                    *sum += precision.unwrap_or(0.0);
                    *count += usize::from(precision.is_some());
                }
                query += 1;
            },
        )?;
        let mut total = 0.0;
        for (index, &(sum, count)) in sums.iter().enumerate() {
            if count == 0 {
                return Err(MetricError::NoQueries { fold: folds.map(|_| index / zetas.len()) });
            }
            total += sum / count as f64;
        }
        Ok(total / sums.len() as f64)
    }
}
