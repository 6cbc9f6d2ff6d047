//! The best of one row of scores.

use super::Score;

/// The indices of the `k` best scores, best first (score descending, then index ascending); all of them if there are fewer.
///
/// Scores that are NaN come last. Selects before it sorts: `O(n + k log k)`.
pub fn top_k<S: Score>(scores: &[S], k: usize) -> Vec<u32> {
    let by_rank = |&a: &u32, &b: &u32| {
        let (score_a, score_b) = (scores[a as usize], scores[b as usize]);
        let by_score = score_b.partial_cmp(&score_a).unwrap_or_else(|| score_a.is_nan().cmp(&score_b.is_nan()));
        by_score.then(a.cmp(&b))
    };
    let mut order: Vec<u32> = (0..scores.len() as u32).collect();
    if k == 0 {
        return Vec::new();
    }
    if k < order.len() {
        order.select_nth_unstable_by(k - 1, by_rank);
        order.truncate(k);
    }
    order.sort_unstable_by(by_rank);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_come_in_index_order_and_nan_comes_last() {
        let scores = [0.5, f32::NAN, 2.0, 0.5, f32::NEG_INFINITY, 2.0];
        assert_eq!(top_k(&scores, 6), [2, 5, 0, 3, 4, 1]);
        assert_eq!(top_k(&scores, 3), [2, 5, 0]);
        assert_eq!(top_k(&scores, 9), [2, 5, 0, 3, 4, 1]);
        assert_eq!(top_k(&scores, 0), [0u32; 0]);
    }
}
