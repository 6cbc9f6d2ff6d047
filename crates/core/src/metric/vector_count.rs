//! Counts over a run of scores, with the widest vectors that the processor has.

use super::Score;

/// How many of `scores` are larger than `bound`.
pub(super) fn count_above<S: Score>(scores: &[S], bound: S) -> u32 {
    count(
        scores,
        #[inline(always)]
        |score| score > bound,
    )
}

/// How many of `scores` are at least `bound`.
pub(super) fn count_not_below<S: Score>(scores: &[S], bound: S) -> u32 {
    count(
        scores,
        #[inline(always)]
        |score| score >= bound,
    )
}

/// How many of `scores` are not numbers.
pub(super) fn count_nan<S: Score>(scores: &[S]) -> u32 {
    count(
        scores,
        #[inline(always)]
        |score| score.is_nan(),
    )
}

/// Wrapping, for a sum that checks for overflow does not become vector code; a gallery has less than 2^32 items.
fn count<S: Score>(scores: &[S], holds: impl Fn(S) -> bool) -> u32 {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || scores.iter().fold(0u32, |count, &score| count.wrapping_add(holds(score).into())),
    )
}
