//! What a random ranking gets: the floor every figure stands on.

use halation_core::metric::{Relevance, TwoWay};
use serde::Serialize;

/// Expected figures of a uniformly random ranking, means of both directions.
#[derive(Debug, Clone, Serialize)]
pub struct Chance {
    /// Recall at 1.
    pub r1: f64,
    /// R-Precision.
    pub rprecision: f64,
    /// The six recalls in percent, added.
    pub rsum: f64,
}

impl Chance {
    /// Of a ground truth; queries without positives do not count.
    pub fn of(truth: TwoWay<&Relevance>) -> Self {
        let recall = |k: usize| truth.map(|truth| mean(truth, |positives, gallery| recall_at(k, positives, gallery)));
        let share = truth.map(|truth| mean(truth, |positives, gallery| positives as f64 / gallery as f64));
        let six: f64 = [1, 5, 10].map(|k| recall(k).i2t + recall(k).t2i).iter().sum();
        Self { r1: recall(1).mean(), rprecision: share.mean(), rsum: 100.0 * six }
    }
}

fn mean(truth: &Relevance, of_query: impl Fn(usize, usize) -> f64) -> f64 {
    let counts = (0..truth.queries()).map(|query| truth.positives(query).len()).filter(|&count| count > 0);
    let values: Vec<f64> = counts.map(|count| of_query(count, truth.gallery())).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// `1 - C(gallery - positives, k) / C(gallery, k)`.
fn recall_at(k: usize, positives: usize, gallery: usize) -> f64 {
    let misses = (0..k.min(gallery)).map(|drawn| {
        let (left, wrong) = (gallery - drawn, (gallery - positives).saturating_sub(drawn));
        wrong as f64 / left as f64
    });
    1.0 - misses.product::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recall_by_chance_agrees_with_counting_by_hand() {
        assert!((recall_at(1, 1, 10) - 0.1).abs() < 1e-12);
        assert!((recall_at(2, 1, 10) - 0.2).abs() < 1e-12);
        // Two of four are right: both of two draws wrong with 2/4 * 1/3.
        assert!((recall_at(2, 2, 4) - (1.0 - 1.0 / 6.0)).abs() < 1e-12);
        assert_eq!(recall_at(10, 1, 4), 1.0);
    }

    #[test]
    fn a_query_without_positives_does_not_count() {
        let truth = Relevance::from_lists(4, &[vec![0], vec![]]).unwrap();
        let chance = Chance::of(TwoWay { i2t: &truth, t2i: &truth });
        assert!((chance.rprecision - 0.25).abs() < 1e-12);
    }
}
