//! Are the sure ones right more often?

use halation_core::metric::{BinAnalysis, MetricError, Verification, kendall};

/// Bins of equal count, as published.
const BINS: usize = 20;

/// Kendall's tau between the confidence `1 - eta` of 20 bins of images and the share of them that was identified; `None` where there are
/// too few images, or the share is the same in all bins.
///
/// # Errors
/// An uncertainty that is not a number.
pub fn knn_by_confidence(etas: &[f64], right: &[bool]) -> Result<Option<f64>, MetricError> {
    if etas.len() < BINS {
        return Ok(None);
    }
    let right: Vec<Option<f64>> = right.iter().map(|&right| Some(f64::from(u8::from(right)))).collect();
    let bins = BinAnalysis::new(etas, &right, BINS)?.bins;
    let (confidence, share): (Vec<f64>, Vec<f64>) =
        bins.iter().filter_map(|bin| Some((1.0 - bin.uncertainty, bin.metric?))).unzip();
    kendall(&confidence, &share)
}

/// Kendall's tau between the confidence of 20 bins of pairs and the average precision within each. A pair is as uncertain as the less
/// certain of its images. Bins without both kinds of pairs have no average precision and are left out.
///
/// # Errors
/// A score or an uncertainty that is not a number.
pub fn ap_by_confidence(
    etas: &[f64],
    pairs: &[(usize, usize, bool)],
    scores: &[f64],
) -> Result<Option<f64>, MetricError> {
    let of_pair: Vec<f64> = pairs.iter().map(|&(one, other, _)| etas[one].max(etas[other])).collect();
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|&a, &b| of_pair[a].total_cmp(&of_pair[b]));
    let size = pairs.len() / BINS;
    if size == 0 {
        return Ok(None);
    }
    let (mut confidence, mut precision) = (Vec::new(), Vec::new());
    for bin in order.chunks_exact(size).take(BINS) {
        let same: Vec<bool> = bin.iter().map(|&pair| pairs[pair].2).collect();
        if same.contains(&true) && same.contains(&false) {
            let scores: Vec<f64> = bin.iter().map(|&pair| scores[pair]).collect();
            precision.push(Verification::new(&scores, &same)?.average_precision());
            confidence.push(1.0 - bin.iter().map(|&pair| of_pair[pair]).sum::<f64>() / size as f64);
        }
    }
    if precision.len() < 2 { Ok(None) } else { kendall(&confidence, &precision) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_are_right_when_sure_correlate_with_one_and_the_reverse_with_minus_one() {
        let etas: Vec<f64> = (0..400).map(|i| f64::from(i) / 400.0).collect();
        // Bin after bin of twenty, one image less is right.
        let right: Vec<bool> = (0..400).map(|i| i % 20 >= i / 20).collect();
        assert_eq!(knn_by_confidence(&etas, &right).unwrap(), Some(1.0));
        let wrong: Vec<bool> = right.iter().map(|right| !right).collect();
        assert_eq!(knn_by_confidence(&etas, &wrong).unwrap(), Some(-1.0));
        assert_eq!(knn_by_confidence(&etas[..5], &right[..5]).unwrap(), None);
    }

    #[test]
    fn pairs_that_are_sorted_well_when_both_images_are_sure_correlate_positively() {
        // Image 2 i + 1 of pair i is the unsure one; mismatches overtake matches only among the unsure pairs.
        let etas: Vec<f64> = (0..400).map(|i| if i % 2 == 0 { 0.0 } else { f64::from(i) / 400.0 }).collect();
        let pairs: Vec<(usize, usize, bool)> = (0..200).map(|i| (2 * i, 2 * i + 1, i % 2 == 0)).collect();
        let scores: Vec<f64> =
            pairs.iter().enumerate().map(|(i, pair)| if pair.2 == (i < 100) { 1.0 } else { 0.0 }).collect();
        assert!(ap_by_confidence(&etas, &pairs, &scores).unwrap().unwrap() > 0.5);
    }
}
