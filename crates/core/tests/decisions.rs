//! Verification, nearest neighbours, prompt filtering and significance beside slow loops; laws, and bad input.

use halation_core::metric::*;
use proptest::prelude::*;

/// Pairs of few distinct scores, so that many are tied, with at least one pair of each kind.
fn tied_pairs() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
    prop::collection::vec((-3i8..3, any::<bool>()), 2..40)
        .prop_filter("both kinds", |pairs| pairs.iter().any(|pair| pair.1) && pairs.iter().any(|pair| !pair.1))
        .prop_map(|pairs| pairs.into_iter().map(|(score, same)| (f64::from(score) * 0.5, same)).unzip())
}

/// The votes counted anew for every label, from a full sort.
fn slow_label(row: &[f32], labels: &[usize], k: usize) -> usize {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap().then(a.cmp(&b)));
    order.truncate(k);
    let votes = |label: usize| order.iter().filter(|&&item| labels[item] == label).count();
    let most = order.iter().map(|&item| votes(labels[item])).max().unwrap();
    labels[*order.iter().find(|&&item| votes(labels[item]) == most).unwrap()]
}

proptest! {
    #[test]
    fn verification_equals_its_definitions_over_all_thresholds_and_pairs((scores, same) in tied_pairs()) {
        let curve = Verification::new(&scores, &same).unwrap();
        let accepted = |threshold: f64, kind: bool| {
            (0..scores.len()).filter(|&pair| same[pair] == kind && scores[pair] >= threshold).count() as f64
        };
        let (positives, negatives) = (accepted(f64::NEG_INFINITY, true), accepted(f64::NEG_INFINITY, false));
        let mut thresholds = scores.clone();
        thresholds.sort_by(|a, b| b.total_cmp(a));
        thresholds.dedup();
        let (mut average, mut recall, mut best) = (0.0, 0.0, 0.0f64);
        for &threshold in &thresholds {
            let (hits, misses) = (accepted(threshold, true), accepted(threshold, false));
            average += (hits / positives - recall) * hits / (hits + misses);
            recall = hits / positives;
            best = best.max((hits + negatives - misses) / (positives + negatives));
        }
        let mut wins = 0.0;
        for (a, _) in scores.iter().zip(&same).filter(|pair| *pair.1) {
            for (b, _) in scores.iter().zip(&same).filter(|pair| !*pair.1) {
                wins += if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
            }
        }
        // Sums of at most 40 terms of order one, in another order: rounding only.
        prop_assert!((curve.average_precision() - average).abs() < 1e-12);
        prop_assert!((curve.roc_auc() - wins / (positives * negatives)).abs() < 1e-12);
        prop_assert_eq!(curve.best_accuracy().0, best);
        for far in [0.0, 0.2, 0.5, 1.0] {
            let allowed = thresholds.iter().filter(|&&t| accepted(t, false) <= far * negatives);
            let expected = allowed.map(|&t| accepted(t, true) / positives).fold(0.0, f64::max);
            prop_assert_eq!(curve.true_accept_rate_at(far), expected);
        }
    }

    #[test]
    fn the_order_of_pairs_does_not_matter((scores, same) in tied_pairs(), shift in 0usize..40) {
        let turned = |list: &[bool]| { let mut list = list.to_vec(); let by = shift % list.len(); list.rotate_left(by); list };
        let mut other = scores.clone();
        let by = shift % other.len();
        other.rotate_left(by);
        prop_assert_eq!(Verification::new(&scores, &same).unwrap(), Verification::new(&other, &turned(&same)).unwrap());
    }

    #[test]
    fn nearest_neighbour_votes_equal_a_full_sort_under_ties(
        levels in prop::collection::vec(0u8..4, 5 * 12), labels in prop::collection::vec(0usize..4, 12), k in 1usize..15,
    ) {
        let scores: Vec<f32> = levels.into_iter().map(f32::from).collect();
        let dense = DenseScores::new(&scores, 5, 12).unwrap();
        let found = knn_labels(&dense, &labels, k).unwrap();
        let expected: Vec<usize> = (0..5).map(|query| slow_label(dense.row(query), &labels, k)).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn filtered_prompts_are_never_less_sure_than_those_left_out(
        prompts in prop::collection::vec((0usize..3, 0u8..5), 3..30), keep in 1usize..8,
    ) {
        let (mut classes, mut uncertainty): (Vec<usize>, Vec<f64>) =
            prompts.into_iter().map(|(class, level)| (class, f64::from(level))).unzip();
        classes.extend([0, 1, 2]); // no class without a prompt
        uncertainty.extend([1.0; 3]);
        let kept = filter_prompts(&classes, &uncertainty, 3, keep).unwrap();
        for (class, list) in kept.iter().enumerate() {
            let members: Vec<usize> = (0..classes.len()).filter(|&prompt| classes[prompt] == class).collect();
            prop_assert_eq!(list.len(), keep.min(members.len()));
            for out in members.iter().filter(|prompt| !list.contains(prompt)) {
                prop_assert!(list.iter().all(|kept| (uncertainty[*kept], kept) < (uncertainty[*out], out)));
            }
        }
    }

    #[test]
    fn exchanging_the_runs_negates_the_difference_and_keeps_p(
        pairs in prop::collection::vec((0u8..5, 0u8..5), 1..40), seed in any::<u64>(),
    ) {
        let (first, second): (Vec<_>, Vec<_>) =
            pairs.into_iter().map(|(a, b)| (Some(f64::from(a) / 4.0), Some(f64::from(b) / 4.0))).unzip();
        let test = PairedTest { resamples: 50, seed, ..PairedTest::default() };
        let (there, back) = (test.compare(&first, &second).unwrap(), test.compare(&second, &first).unwrap());
        prop_assert_eq!(there.difference, -back.difference);
        prop_assert_eq!(there.p, back.p);
        prop_assert!(there.p > 0.0 && there.p <= 1.0);
        prop_assert!(there.interval[0] <= there.interval[1]);
    }
}

#[test]
fn a_tied_vote_goes_to_the_class_of_the_nearest_item_not_to_the_smallest_label() {
    let dense = DenseScores::new(&[5.0f32, 4.0, 3.0, 2.0, 1.0], 1, 5).unwrap();
    assert_eq!(knn_labels(&dense, &[7, 1, 1, 7, 3], 4).unwrap(), [7]);
    assert_eq!(knn_labels(&dense, &[7, 1, 1, 7, 1], 5).unwrap(), [1]);
    assert_eq!(knn_accuracy(&dense, &[7], &[7, 1, 1, 7, 3], 4).unwrap(), 1.0);
}

#[test]
fn votes_of_wrong_sizes_or_of_nobody_and_nan_scores_are_errors() {
    let dense = DenseScores::new(&[1.0f32, f32::NAN], 1, 2).unwrap();
    assert!(matches!(knn_labels(&dense, &[0], 1), Err(MetricError::Shape { .. })));
    assert!(matches!(knn_labels(&dense, &[0, 1], 0), Err(MetricError::TooFew { .. })));
    assert!(matches!(knn_accuracy(&dense, &[], &[0, 1], 1), Err(MetricError::Shape { .. })));
    assert_eq!(knn_labels(&dense, &[0, 1], 1), Err(MetricError::NanScore { query: 0, item: 1 }));
    let none = DenseScores::<f32>::new(&[], 0, 2).unwrap();
    assert!(matches!(knn_accuracy(&none, &[], &[0, 1], 1), Err(MetricError::TooFew { .. })));
}

#[test]
fn runs_that_do_not_differ_have_p_one_and_an_empty_interval() {
    let run = [Some(0.25), None, Some(1.0)];
    let found = PairedTest::default().compare(&run, &run).unwrap();
    assert_eq!((found.queries, found.difference, found.interval, found.p), (2, 0.0, [0.0, 0.0], 1.0));
    assert!(found.exact && !found.rejects_equality(0.05));
}

#[test]
fn a_gain_on_every_query_has_the_smallest_p_there_is() {
    let first = vec![Some(0.0); 16];
    let second = vec![Some(0.5); 16];
    let found = PairedTest::default().compare(&first, &second).unwrap();
    assert_eq!((found.p, found.interval), (2.0 / 65_536.0, [0.5, 0.5]));
    let many = PairedTest { resamples: 99, ..PairedTest::default() };
    assert_eq!(many.compare(&vec![Some(0.0); 200], &vec![Some(0.5); 200]).unwrap().p, 0.01);
}

#[test]
fn a_true_difference_of_zero_is_rejected_as_often_as_the_level_says() {
    // 400 comparisons of 30 symmetric differences each: at level 0.2 about 80 rejections, standard deviation 8.
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let test = PairedTest { resamples: 199, ..PairedTest::default() };
    let rejected = (0..400)
        .filter(|_| {
            let (first, second): (Vec<_>, Vec<_>) = (0..30).map(|_| (Some(draw()), Some(draw()))).unzip();
            test.compare(&first, &second).unwrap().rejects_equality(0.2)
        })
        .count();
    assert!((48..=112).contains(&rejected), "{rejected}"); // four standard deviations
}

#[test]
fn runs_over_other_queries_and_numbers_that_make_no_sense_are_errors() {
    let compare = |first: &[Option<f64>], second: &[Option<f64>]| PairedTest::default().compare(first, second);
    assert!(matches!(compare(&[Some(1.0)], &[]), Err(MetricError::Shape { .. })));
    let message = compare(&[Some(1.0), None], &[Some(1.0), Some(0.0)]).unwrap_err().to_string();
    assert!(message.contains("query 1 has a value in one run only"), "{message}");
    assert!(matches!(compare(&[None], &[None]), Err(MetricError::TooFew { .. })));
    let nan = compare(&[Some(0.0)], &[Some(f64::NAN)]).unwrap_err();
    assert_eq!(nan, MetricError::NotFinite { what: "paired test", index: 0 });
    for test in [
        PairedTest { resamples: 0, ..PairedTest::default() },
        PairedTest { confidence: 1.0, ..PairedTest::default() },
        PairedTest { confidence: f64::NAN, ..PairedTest::default() },
    ] {
        assert!(matches!(test.compare(&[Some(0.0)], &[Some(1.0)]), Err(MetricError::Shape { .. })));
    }
}

#[test]
fn prompts_of_no_class_classes_without_prompts_and_bad_numbers_are_errors() {
    assert!(matches!(filter_prompts(&[0, 2], &[0.0, 0.0], 2, 1), Err(MetricError::Shape { .. })));
    assert!(matches!(filter_prompts(&[0, 0], &[0.0, 0.0], 2, 1), Err(MetricError::TooFew { .. })));
    assert!(matches!(filter_prompts(&[0], &[0.0], 1, 0), Err(MetricError::Shape { .. })));
    assert!(matches!(filter_prompts(&[0], &[], 1, 1), Err(MetricError::Shape { .. })));
    assert!(matches!(filter_prompts(&[0], &[f64::NAN], 1, 1), Err(MetricError::NotFinite { .. })));
    let error = ZeroShot::new(&[1.0, 0.0, f32::NAN, 1.0], 2, &[0, 1], &[0.0; 2], 2, 1).unwrap_err();
    assert_eq!(error, MetricError::NotFinite { what: "embeddings of prompts", index: 1 });
    assert!(matches!(ZeroShot::new(&[1.0; 3], 2, &[0, 1], &[0.0; 2], 2, 1), Err(MetricError::Shape { .. })));
    let classes = ZeroShot::new(&[1.0, 0.0, 0.0, 3.0], 2, &[0, 1], &[0.0; 2], 2, 1).unwrap();
    assert_eq!(classes.prompts(), [vec![0], vec![1]]);
    assert_eq!(classes.classify(&[0.1, 0.2, 5.0, 5.0]).unwrap(), [1, 0]);
    assert!(matches!(classes.classify(&[0.1]), Err(MetricError::Shape { .. })));
    assert!(matches!(classes.accuracy(&[], &[]), Err(MetricError::TooFew { .. })));
    // Prompts that cancel out have no direction: a zero vector, never NaN.
    let cancelled = ZeroShot::new(&[1.0, 0.0, -1.0, 0.0], 2, &[0, 0], &[0.0; 2], 1, 2).unwrap();
    assert_eq!(cancelled.vectors(), [0.0, 0.0]);
}
