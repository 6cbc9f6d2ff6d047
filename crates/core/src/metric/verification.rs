//! Do two items belong together? Scored pairs, over all thresholds.

use super::{MetricError, VerificationPoint};

/// The decisions at every threshold over scored pairs: a pair is accepted when its score is at least the threshold.
///
/// Larger scores are closer (pass negated distances). Pairs of equal score are accepted together, so nothing depends on
/// their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    points: Vec<VerificationPoint>,
    same: usize,
    different: usize,
}

impl Verification {
    /// Sorts the pairs by score.
    ///
    /// # Shapes
    /// * `scores`, `same`: `[pairs]`; `same` says which pairs truly belong together
    ///
    /// # Errors
    /// [`MetricError::Shape`] if the lengths differ, [`MetricError::NotFinite`] for a score that is NaN,
    /// [`MetricError::TooFew`] unless there are pairs of both kinds.
    pub fn new(scores: &[f64], same: &[bool]) -> Result<Self, MetricError> {
        if scores.len() != same.len() {
            return Err(MetricError::Shape {
                what: "verification",
                found: format!("{} scores, {} labels", scores.len(), same.len()),
                expected: "one of each per pair".into(),
            });
        }
        if let Some(index) = scores.iter().position(|score| score.is_nan()) {
            return Err(MetricError::NotFinite { what: "verification score", index });
        }
        let positives = same.iter().filter(|&&same| same).count();
        let different = same.len() - positives;
        for (what, found) in
            [("pairs that belong together", positives), ("pairs that do not belong together", different)]
        {
            if found == 0 {
                return Err(MetricError::TooFew { what, found, needed: 1 });
            }
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        // Zeros of either sign are equal.
        order.sort_by(|&a, &b| (scores[b] + 0.0).total_cmp(&(scores[a] + 0.0)));
        let (mut true_accepts, mut false_accepts) = (0, 0);
        let points = order
            .chunk_by(|&a, &b| scores[a] == scores[b])
            .map(|tied| {
                let hits = tied.iter().filter(|&&pair| same[pair]).count();
                true_accepts += hits;
                false_accepts += tied.len() - hits;
                VerificationPoint { threshold: scores[tied[0]], true_accepts, false_accepts }
            })
            .collect();
        Ok(Self { points, same: positives, different })
    }

    /// The counts at every distinct score, from the strictest threshold to the laxest, which accepts everything.
    pub fn points(&self) -> &[VerificationPoint] {
        &self.points
    }

    /// `AP = sum_t (recall_t - recall_(t-1)) precision_t` over falling thresholds, without interpolation (scikit-learn's).
    pub fn average_precision(&self) -> f64 {
        let mut before = 0;
        let mut sum = 0.0;
        for point in &self.points {
            let precision = point.true_accepts as f64 / (point.true_accepts + point.false_accepts) as f64;
            sum += (point.true_accepts - before) as f64 * precision;
            before = point.true_accepts;
        }
        sum / self.same as f64
    }

    /// Area under the ROC curve: the probability that a pair that belongs together outscores one that does not, ties half.
    pub fn roc_auc(&self) -> f64 {
        let (mut true_before, mut false_before) = (0, 0);
        let mut area = 0.0;
        for point in &self.points {
            let width = (point.false_accepts - false_before) as f64;
            area += width * (point.true_accepts + true_before) as f64 / 2.0;
            (true_before, false_before) = (point.true_accepts, point.false_accepts);
        }
        area / (self.same as f64 * self.different as f64)
    }

    /// The best share of right decisions over the thresholds that occur, and the strictest threshold that reaches it.
    pub fn best_accuracy(&self) -> (f64, f64) {
        let mut best = (f64::NEG_INFINITY, f64::INFINITY);
        for point in &self.points {
            let right = point.true_accepts + self.different - point.false_accepts;
            let accuracy = right as f64 / (self.same + self.different) as f64;
            if accuracy > best.0 {
                best = (accuracy, point.threshold);
            }
        }
        best
    }

    /// TAR@FAR: the largest share of true pairs accepted by a threshold at which at most the share `far` of the others is.
    pub fn true_accept_rate_at(&self, far: f64) -> f64 {
        let allowed = |point: &&VerificationPoint| point.false_accepts as f64 <= far * self.different as f64;
        let accepted = self.points.iter().take_while(allowed).last().map_or(0, |point| point.true_accepts);
        accepted as f64 / self.same as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_worked_ranking_with_a_tie() {
        // In order: same, {same, different} tied, different.
        let curve = Verification::new(&[0.1, 0.9, 0.5, 0.5], &[false, true, true, false]).unwrap();
        assert!((curve.average_precision() - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
        assert_eq!(curve.roc_auc(), 0.875); // 3.5 of 4 pairs of pairs
        assert_eq!(curve.best_accuracy(), (0.75, 0.9));
        assert_eq!(curve.true_accept_rate_at(0.0), 0.5);
        assert_eq!(curve.true_accept_rate_at(0.5), 1.0);
        assert_eq!(curve.points().len(), 3);
    }

    #[test]
    fn one_kind_of_pair_only_and_scores_that_are_nan_are_errors() {
        let one_kind = Verification::new(&[0.1, 0.2], &[true, true]).unwrap_err();
        assert_eq!(one_kind, MetricError::TooFew { what: "pairs that do not belong together", found: 0, needed: 1 });
        let nan = Verification::new(&[0.1, f64::NAN], &[true, false]).unwrap_err();
        assert_eq!(nan, MetricError::NotFinite { what: "verification score", index: 1 });
        assert!(matches!(Verification::new(&[0.1], &[]), Err(MetricError::Shape { .. })));
        // Infinite scores are ordinary scores (a log-probability of zero).
        assert_eq!(Verification::new(&[f64::NEG_INFINITY, 0.0], &[false, true]).unwrap().average_precision(), 1.0);
    }
}
