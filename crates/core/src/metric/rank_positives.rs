//! The sweep: scores in, ranks of the positives out, a block of queries at a time.

use rayon::prelude::*;

use super::positive_ranks::QueryRanks;
use super::row_ranks::rank_query;
use super::vector_count::count_nan;
use super::{MetricError, PositiveRanks, RankTask, Score, ScoreRows, Ties};

/// Bytes of scores held at a time: enough rows for an efficient matrix product, little beside the embeddings.
const BLOCK_BYTES: usize = 32 << 20;

/// Ranks the positives of every query for several ground truths at once.
///
/// The scores of a query are produced once and serve all `tasks`; no more than a block of rows is ever held. Exact: a rank is
/// the number of gallery items that come before the positive, with ties as `ties` says. The cost is `O(queries * gallery)`
/// for few positives per query, times `log(positives)` for many; the gallery is not sorted.
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
        |query, row| Ok(rank_query(row, query, tasks, ties)),
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
    let mut buffer = Vec::new();
    for start in (0..queries).step_by(rows_per_block) {
        let rows = start..queries.min(start + rows_per_block);
        let block = scores.stored(rows.clone()).unwrap_or_else(|| {
            buffer.resize(rows.len() * gallery, S::default());
            scores.fill(rows.clone(), &mut buffer);
            &buffer
        }); // [rows, gallery]
        let results: Vec<Result<T, MetricError>> = rows
            .clone()
            .into_par_iter()
            .map(|query| {
                let row = &block[(query - start) * gallery..(query - start + 1) * gallery];
                // Without an early exit the check is a few vector instructions; the position is only looked for on failure.
                if count_nan(row) > 0 {
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
