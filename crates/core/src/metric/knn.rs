//! Identification by the labels of the nearest gallery items.

use super::rank_positives::for_each_row;
use super::{MetricError, Score, ScoreRows, top_k};

/// The label of every query by a vote of its `k` nearest gallery items (all of them if there are fewer).
///
/// Nearest by score, ties by the smaller gallery index; of several labels with most votes, the one that has the nearest
/// item wins. (scikit-learn's classifier takes the smallest label instead, which favours classes by their number.)
/// Any measure can score: the sweep holds a block of rows at a time.
///
/// # Shapes
/// * `gallery_labels`: `[gallery]` -> `[queries]`
///
/// # Errors
/// [`MetricError::Shape`] if there is not one label per gallery item, [`MetricError::TooFew`] if `k` is zero or the
/// gallery empty, [`MetricError::NanScore`].
pub fn knn_labels<S: Score>(
    scores: &(impl ScoreRows<S> + ?Sized),
    gallery_labels: &[usize],
    k: usize,
) -> Result<Vec<usize>, MetricError> {
    if gallery_labels.len() != scores.gallery() {
        return Err(MetricError::Shape {
            what: "k nearest neighbours",
            found: format!("{} labels", gallery_labels.len()),
            expected: format!("one for each of the {} gallery items", scores.gallery()),
        });
    }
    let voters = k.min(gallery_labels.len());
    if voters == 0 {
        return Err(MetricError::TooFew { what: "k nearest neighbours", found: 0, needed: 1 });
    }
    let mut labels = Vec::with_capacity(scores.queries());
    for_each_row(
        scores,
        |_, row| {
            let nearest = top_k(row, voters);
            // (label, votes) in order of first appearance, nearest first.
            let mut votes: Vec<(usize, usize)> = Vec::with_capacity(voters);
            for item in nearest {
                let label = gallery_labels[item as usize];
                match votes.iter_mut().find(|(known, _)| *known == label) {
                    Some((_, count)) => *count += 1,
                    None => votes.push((label, 1)),
                }
            }
            let most = votes.iter().map(|&(_, count)| count).max().unwrap_or_default();
            Ok(votes.into_iter().find(|&(_, count)| count == most).map_or(0, |(label, _)| label))
        },
        |label| labels.push(label),
    )?;
    Ok(labels)
}

/// The share of queries whose label the [`knn_labels`] vote gets right (HIB: `k = 5`).
///
/// # Errors
/// As [`knn_labels`]; [`MetricError::Shape`] if there is not one label per query, [`MetricError::TooFew`] without queries.
pub fn knn_accuracy<S: Score>(
    scores: &(impl ScoreRows<S> + ?Sized),
    query_labels: &[usize],
    gallery_labels: &[usize],
    k: usize,
) -> Result<f64, MetricError> {
    if query_labels.len() != scores.queries() {
        return Err(MetricError::Shape {
            what: "k nearest neighbours",
            found: format!("{} labels", query_labels.len()),
            expected: format!("one for each of the {} queries", scores.queries()),
        });
    }
    if query_labels.is_empty() {
        return Err(MetricError::TooFew { what: "queries of k nearest neighbours", found: 0, needed: 1 });
    }
    let found = knn_labels(scores, gallery_labels, k)?;
    let right = found.iter().zip(query_labels).filter(|(found, label)| found == label).count();
    Ok(right as f64 / query_labels.len() as f64)
}
