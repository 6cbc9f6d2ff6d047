//! The sweep: scores in, ranks of the positives out, a block of queries at a time.

use rayon::prelude::*;

use super::positive_ranks::QueryRanks;
use super::{MetricError, PositiveRanks, RankTask, Score, ScoreRows, Ties};

/// Bytes of scores held at a time: enough rows for an efficient matrix product, little beside the embeddings.
const BLOCK_BYTES: usize = 32 << 20;

/// From this many positives on, one pass over the gallery with a binary search per item beats one pass per positive.
const SEARCH_FROM: usize = 24;

/// Ranks the positives of every query for several ground truths at once.
///
/// The scores of a query are produced once and serve all `tasks`; no more than a block of rows is ever held. Exact: a rank is
/// the number of gallery items that come before the positive, with ties as `ties` says. The cost is `O(queries * gallery)`
/// for few positives per query, times `log(positives)` for many; nothing is sorted.
///
/// # Errors
/// [`MetricError::Shape`] if a task is about other sizes than the scores, [`MetricError::NanScore`] for the first score that
/// is not a number.
pub fn rank_positives<S: Score>(
    scores: &(impl ScoreRows<S> + ?Sized),
    tasks: &[RankTask<'_>],
    ties: Ties,
) -> Result<Vec<PositiveRanks>, MetricError> {
    let (queries, gallery) = (scores.queries(), scores.gallery());
    for task in tasks {
        task.check(queries, gallery)?;
    }
    let mut found: Vec<Vec<QueryRanks>> = tasks.iter().map(|_| Vec::with_capacity(queries)).collect();
    for_each_row(
        scores,
        |query, row| Ok(tasks.iter().map(|task| rank_query(row, query, task, ties)).collect::<Vec<_>>()),
        |of_query| {
            for (all, one) in found.iter_mut().zip(of_query) {
                all.push(one);
            }
        },
    )?;
    let folds = tasks.iter().map(|task| task.folds.map_or(1, |folds| folds.count()));
    Ok(found.into_iter().zip(folds).map(|(queries, folds)| PositiveRanks::new(queries, folds)).collect())
}

/// Runs `compute` over the score rows of all queries, in parallel within a block, and hands the results to `take` in order.
///
/// Rejects NaN, so that `compute` may rely on a total order.
pub(super) fn for_each_row<S: Score, T: Send>(
    scores: &(impl ScoreRows<S> + ?Sized),
    compute: impl Fn(usize, &[S]) -> Result<T, MetricError> + Sync,
    mut take: impl FnMut(T),
) -> Result<(), MetricError> {
    let (queries, gallery) = (scores.queries(), scores.gallery());
    let rows_per_block = (BLOCK_BYTES / size_of::<S>() / gallery.max(1)).clamp(1, queries.max(1));
    let mut block = vec![S::default(); rows_per_block * gallery];
    for start in (0..queries).step_by(rows_per_block) {
        let rows = start..queries.min(start + rows_per_block);
        let block = &mut block[..rows.len() * gallery]; // [rows, gallery]
        scores.fill(rows.clone(), block);
        let block = &*block;
        let results: Vec<Result<T, MetricError>> = rows
            .clone()
            .into_par_iter()
            .map(|query| {
                let row = &block[(query - start) * gallery..(query - start + 1) * gallery];
                // Without an early exit the check is a few vector instructions; the position is only looked for on failure.
                if row.iter().fold(false, |any, score| any | score.is_nan()) {
                    let item = row.iter().position(|score| score.is_nan()).unwrap_or_default();
                    return Err(MetricError::NanScore { query, item });
                }
                compute(query, row)
            })
            .collect();
        for result in results {
            take(result?);
        }
    }
    Ok(())
}

/// The ranks of one query's positives in the whole gallery or in its fold.
fn rank_query<S: Score>(row: &[S], query: usize, task: &RankTask<'_>, ties: Ties) -> QueryRanks {
    let positives = task.relevance.positives(query);
    let Some(folds) = task.folds else {
        let ranks = rank_row(row, positives, ties);
        let gallery = row.len() as u32;
        return QueryRanks {
            ranks,
            positives: PositiveRanks::r(*task, query, positives.len()),
            depth: gallery,
            gallery,
            fold: 0,
        };
    };
    let fold = folds.fold_of_query(query);
    let members = folds.members(fold);
    // Members are ascending, so positions within the fold break ties as gallery indices do.
    let local: Vec<u32> =
        positives.iter().filter_map(|item| members.binary_search(item).ok()).map(|position| position as u32).collect();
    let row: Vec<S> = members.iter().map(|&item| row[item as usize]).collect();
    let gallery = members.len() as u32;
    QueryRanks {
        ranks: rank_row(&row, &local, ties),
        positives: PositiveRanks::r(*task, query, local.len()),
        depth: gallery,
        gallery,
        fold: fold as u32,
    }
}

/// The ranks of `positives` (ascending indices into `row`), ascending. `row` holds no NaN.
fn rank_row<S: Score>(row: &[S], positives: &[u32], ties: Ties) -> Vec<u32> {
    let mut ranks = if positives.len() < SEARCH_FROM {
        rank_by_passes(row, positives, ties)
    } else {
        rank_by_search(row, positives, ties)
    };
    ranks.sort_unstable();
    ranks
}

/// One branch-free pass over the row per positive.
fn rank_by_passes<S: Score>(row: &[S], positives: &[u32], ties: Ties) -> Vec<u32> {
    // Wrapping, for a sum that checks for overflow does not become vector code; a gallery has less than 2^32 items.
    let not_below = |part: &[S], score: S| part.iter().fold(0u32, |n, &other| n.wrapping_add((other >= score).into()));
    let above = |part: &[S], score: S| part.iter().fold(0u32, |n, &other| n.wrapping_add((other > score).into()));
    let rank = |&positive: &u32| {
        let index = positive as usize;
        let score = row[index];
        match ties {
            Ties::ByIndex => not_below(&row[..index], score) + above(&row[index + 1..], score),
            Ties::Pessimistic => {
                // Tied positives from this one on (itself included) do not come before it.
                let behind = positives.iter().filter(|&&other| other >= positive && row[other as usize] == score);
                not_below(row, score) - behind.count() as u32
            }
        }
    };
    positives.iter().map(rank).collect()
}

/// One pass over the row, with a binary search among the positives per item.
fn rank_by_search<S: Score>(row: &[S], positives: &[u32], ties: Ties) -> Vec<u32> {
    let mut best_first = positives.to_vec();
    best_first.sort_unstable_by(|&a, &b| {
        let (score_a, score_b) = (row[a as usize], row[b as usize]);
        score_b.partial_cmp(&score_a).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(&b))
    });
    // overtaken[k]: gallery items that come before the k-th best positive, but not before the one ahead of it.
    let mut overtaken = vec![0u32; best_first.len() + 1];
    for (item, &score) in row.iter().enumerate() {
        let comes_first = |&positive: &u32| {
            let of_positive = row[positive as usize];
            of_positive > score
                || of_positive == score
                    && (ties == Ties::ByIndex || positives.binary_search(&(item as u32)).is_ok())
                    && positive as usize <= item
        };
        overtaken[best_first.partition_point(comes_first)] += 1;
    }
    let mut before = 0;
    overtaken[..best_first.len()]
        .iter()
        .map(|&more| {
            before += more;
            before
        })
        .collect()
}
