//! The ranks of positives in one row of scores.

use std::cmp::Ordering;

use super::positive_ranks::QueryRanks;
use super::vector_count::{count_above, count_not_below};
use super::{Folds, PositiveRanks, RankTask, Score, Ties};

/// From this many positives on, one pass over the row with a binary search per score beats one vectorised pass per positive.
const SEARCH_FROM: usize = 192;

/// Scores that are passed over for all positives before the next ones: few enough to stay in the first cache.
const PART: usize = 4096;

/// The ranks of one query's positives under all `tasks`, each in the whole gallery or in the query's fold.
///
/// Ground truths overlap, so an item that is positive in several of them is ranked once.
pub(super) fn rank_query<S: Score>(row: &[S], query: usize, tasks: &[RankTask<'_>], ties: Ties) -> Vec<QueryRanks> {
    let whole = tasks.iter().filter(|task| task.folds.is_none());
    let mut items: Vec<u32> = whole.flat_map(|task| task.relevance.positives(query)).copied().collect();
    items.sort_unstable();
    items.dedup();
    let ahead = ahead(row, &items, ties);
    let rank_task = |task: &RankTask<'_>| {
        if let Some(folds) = task.folds {
            return rank_in_fold(row, query, task, folds, ties);
        }
        let positives = task.relevance.positives(query);
        let of_positives = positives.iter().filter_map(|item| items.binary_search(item).ok()).map(|at| ahead[at]);
        let gallery = row.len() as u32;
        QueryRanks {
            ranks: ranks(row, positives, of_positives.collect(), ties),
            positives: PositiveRanks::r(*task, query, positives.len()),
            depth: gallery,
            gallery,
            fold: 0,
        }
    };
    tasks.iter().map(rank_task).collect()
}

/// The ranks among the members of the query's fold.
fn rank_in_fold<S: Score>(row: &[S], query: usize, task: &RankTask<'_>, folds: &Folds, ties: Ties) -> QueryRanks {
    let fold = folds.fold_of_query(query);
    let members = folds.members(fold);
    // Members are ascending, so positions within the fold break ties as gallery indices do.
    let positives = task.relevance.positives(query).iter();
    let local: Vec<u32> =
        positives.filter_map(|item| members.binary_search(item).ok()).map(|position| position as u32).collect();
    let row: Vec<S> = members.iter().map(|&item| row[item as usize]).collect();
    let gallery = members.len() as u32;
    QueryRanks {
        ranks: ranks(&row, &local, ahead(&row, &local, ties), ties),
        positives: PositiveRanks::r(*task, query, local.len()),
        depth: gallery,
        gallery,
        fold: fold as u32,
    }
}

/// The ranks of `positives`, ascending, from the scores [`ahead`] of each.
fn ranks<S: Score>(row: &[S], positives: &[u32], mut ahead: Vec<u32>, ties: Ties) -> Vec<u32> {
    if ties == Ties::Pessimistic {
        // Tied positives from this one on (itself included) do not come before it.
        let mut order: Vec<usize> = (0..positives.len()).collect();
        let score = |&at: &usize| row[positives[at] as usize];
        order.sort_unstable_by(|a, b| score(a).partial_cmp(&score(b)).unwrap_or(Ordering::Equal).then(a.cmp(b)));
        for tied in order.chunk_by(|a, b| score(a) == score(b)) {
            for (place, &at) in tied.iter().enumerate() {
                ahead[at] -= (tied.len() - place) as u32;
            }
        }
    }
    ahead.sort_unstable();
    ahead
}

/// How many scores of `row` stand ahead of each of `items` (ascending): the higher ones and, of equal ones, those with a smaller
/// index, or all and the item itself where `ties` are pessimistic. `row` holds no NaN.
fn ahead<S: Score>(row: &[S], items: &[u32], ties: Ties) -> Vec<u32> {
    if items.len() < SEARCH_FROM { ahead_by_passes(row, items, ties) } else { ahead_by_search(row, items, ties) }
}

/// One branch-free pass over the row per item, all items over a part of the row in turn.
fn ahead_by_passes<S: Score>(row: &[S], items: &[u32], ties: Ties) -> Vec<u32> {
    let mut ahead = vec![0; items.len()];
    for (part, start) in row.chunks(PART).zip((0..).step_by(PART)) {
        for (&item, ahead) in items.iter().zip(&mut ahead) {
            let score = row[item as usize];
            // Up to here equal scores come first.
            let split = match ties {
                Ties::ByIndex => (item as usize).saturating_sub(start).min(part.len()),
                Ties::Pessimistic => part.len(),
            };
            *ahead += count_not_below(&part[..split], score) + count_above(&part[split..], score);
        }
    }
    ahead
}

/// One pass over the row, with a binary search among the items per score.
fn ahead_by_search<S: Score>(row: &[S], items: &[u32], ties: Ties) -> Vec<u32> {
    let mut best_first: Vec<usize> = (0..items.len()).collect();
    let score_of = |&at: &usize| row[items[at] as usize];
    best_first.sort_unstable_by(|a, b| score_of(b).partial_cmp(&score_of(a)).unwrap_or(Ordering::Equal).then(a.cmp(b)));
    // overtaken[k]: scores that stand ahead of the k-th best item, but not of the one before it.
    let mut overtaken = vec![0u32; items.len() + 1];
    for (index, &score) in row.iter().enumerate() {
        let comes_first = |at: &usize| {
            let of_item = score_of(at);
            of_item > score || ties == Ties::ByIndex && of_item == score && items[*at] as usize <= index
        };
        overtaken[best_first.partition_point(comes_first)] += 1;
    }
    let mut ahead = vec![0; items.len()];
    let mut before = 0;
    for (at, more) in best_first.into_iter().zip(overtaken) {
        before += more;
        ahead[at] = before;
    }
    ahead
}
