//! The sweep and its metrics beside slow, obvious versions: a full sort per query, and the definitions written out.

use halation_core::metric::*;
use proptest::prelude::*;

/// All gallery items, best first: a full sort, written from the definition of a tie.
fn full_ranking(row: &[f32], positives: &[usize], ties: Ties) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    let late = |item: usize| ties == Ties::Pessimistic && positives.contains(&item);
    order.sort_by(|&a, &b| row[b].partial_cmp(&row[a]).unwrap().then(late(a).cmp(&late(b))).then(a.cmp(&b)));
    order
}

fn slow_ranks(row: &[f32], positives: &[usize], ties: Ties) -> Vec<u32> {
    let ranking = full_ranking(row, positives, ties);
    (0..ranking.len()).filter(|&rank| positives.contains(&ranking[rank])).map(|rank| rank as u32).collect()
}

/// Scores from few distinct values, so that most comparisons are ties, and positives from none to the whole gallery.
fn tied_problem() -> impl Strategy<Value = (usize, usize, Vec<f32>, Vec<Vec<usize>>)> {
    (1usize..8, 1usize..70, 1u8..6).prop_flat_map(|(queries, gallery, levels)| {
        let scores = prop::collection::vec((0..levels).prop_map(|level| f32::from(level) - 2.0), queries * gallery);
        let positives = prop::collection::vec(prop::collection::vec(0..gallery, 0..=gallery), queries);
        (Just(queries), Just(gallery), scores, positives)
    })
}

/// A gallery of several parts of a row, with so many positives in the second truth that they are searched for instead of passed over.
#[test]
fn long_rows_and_several_truths_at_once_equal_a_full_sort() {
    let (queries, gallery) = (2, 9001);
    let scores: Vec<f32> = (0..queries * gallery).map(|at| (at * 7919 % 61) as f32 - 30.0).collect();
    let every = |step: usize| -> Vec<Vec<usize>> {
        (0..queries).map(|query| (query + 5..gallery).step_by(step).collect()).collect()
    };
    let lists = [every(1500), every(30), vec![vec![], vec![4095, 4096, 9000]]];
    let truths = lists.clone().map(|lists| Relevance::from_lists(gallery, &lists).unwrap());
    let dense = DenseScores::new(&scores, queries, gallery).unwrap();
    for ties in [Ties::ByIndex, Ties::Pessimistic] {
        let together = rank_positives(&dense, &truths.each_ref().map(RankTask::whole), ties).unwrap();
        let alone = truths.iter().flat_map(|truth| rank_positives(&dense, &[RankTask::whole(truth)], ties).unwrap());
        let ranks: Vec<PositiveRanks> = together.into_iter().chain(alone).collect();
        let lists = [lists.clone(), lists.clone()].concat();
        for (ranks, lists) in ranks.iter().zip(&lists) {
            for query in 0..queries {
                assert_eq!(ranks.ranks(query), slow_ranks(dense.row(query), &lists[query], ties), "{ties:?}");
            }
        }
    }
}

#[test]
fn a_part_of_the_gallery_is_scored_as_if_it_were_all() {
    let scores: Vec<f32> = (0..12).map(|n| n as f32).collect();
    let part = DenseScores::new(&scores, 3, 4).unwrap().columns(1..3);
    assert_eq!((part.queries(), part.gallery(), part.row(2)), (3, 2, &[9.0, 10.0][..]));
    let rows = |rows: &dyn ScoreRows| {
        let mut out = vec![0.0; rows.queries() * rows.gallery()];
        rows.fill(0..rows.queries(), &mut out);
        out
    };
    assert_eq!(rows(&part), [1.0, 2.0, 5.0, 6.0, 9.0, 10.0]);
    assert_eq!(rows(&part.transposed()), [1.0, 5.0, 9.0, 2.0, 6.0, 10.0]);
    assert!(part.stored(0..2).is_none(), "its rows do not lie next to each other");
    assert_eq!(DenseScores::new(&scores, 3, 4).unwrap().stored(1..2).unwrap(), [4.0, 5.0, 6.0, 7.0]);
    assert_eq!(DenseScores::<f32>::new(&[], 0, 4).unwrap().columns(2..4).queries(), 0);
}

#[test]
#[should_panic(expected = "columns 3..5 of 4")]
fn a_part_beyond_the_gallery_is_a_fault() {
    let _ = DenseScores::new(&[0.0; 8], 2, 4).unwrap().columns(3..5);
}

proptest! {
    #[test]
    fn ranks_equal_a_full_sort_under_many_ties((queries, gallery, scores, positives) in tied_problem()) {
        let truth = Relevance::from_lists(gallery, &positives).unwrap();
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        for ties in [Ties::ByIndex, Ties::Pessimistic] {
            let ranks = rank_positives(&dense, &[RankTask::whole(&truth)], ties).unwrap().remove(0);
            for query in 0..queries {
                prop_assert_eq!(ranks.ranks(query), slow_ranks(dense.row(query), &positives[query], ties));
            }
            prop_assert_eq!(ranks.excluded(), positives.iter().filter(|list| list.is_empty()).count());
        }
    }

    #[test]
    fn the_other_direction_is_the_transposed_matrix((queries, gallery, scores, positives) in tied_problem()) {
        let truth = Relevance::from_lists(gallery, &positives).unwrap().transpose();
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        let columns: Vec<f32> = (0..queries * gallery).map(|at| scores[at % queries * gallery + at / queries]).collect();
        let copied = DenseScores::new(&columns, gallery, queries).unwrap();
        let tasks = [RankTask::whole(&truth)];
        prop_assert_eq!(
            rank_positives(&dense.transposed(), &tasks, Ties::ByIndex).unwrap(),
            rank_positives(&copied, &tasks, Ties::ByIndex).unwrap()
        );
    }

    #[test]
    fn folds_equal_a_separate_evaluation_of_every_fold((queries, gallery, scores, positives) in tied_problem(), folds in 1usize..4) {
        let fold_of = |index: usize| (index * 7 + index / 3) % folds;
        let gallery_fold: Vec<usize> = (0..gallery).map(fold_of).collect();
        let query_fold: Vec<usize> = (0..queries).map(fold_of).collect();
        prop_assume!(query_fold.iter().all(|fold| gallery_fold.contains(fold)));
        prop_assume!((0..folds).all(|fold| gallery_fold.contains(&fold)));
        let partition = Folds::new(&query_fold, &gallery_fold).unwrap();
        let truth = Relevance::from_lists(gallery, &positives).unwrap();
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        let ranks = rank_positives(&dense, &[RankTask::folded(&truth, &partition)], Ties::ByIndex).unwrap().remove(0);
        for query in 0..queries {
            let ranking = full_ranking(dense.row(query), &positives[query], Ties::ByIndex);
            let of_fold: Vec<usize> = ranking.into_iter().filter(|&item| gallery_fold[item] == query_fold[query]).collect();
            let expected: Vec<u32> =
                (0..of_fold.len()).filter(|&rank| positives[query].contains(&of_fold[rank])).map(|rank| rank as u32).collect();
            prop_assert_eq!(ranks.ranks(query), expected);
        }
    }

    #[test]
    fn full_rankings_and_scores_give_the_same_ranks((queries, gallery, scores, positives) in tied_problem()) {
        let truth = Relevance::from_lists(gallery, &positives).unwrap();
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        let rankings: Vec<Vec<u32>> = (0..queries).map(|query| top_k(dense.row(query), gallery)).collect();
        let task = RankTask::whole(&truth);
        prop_assert_eq!(
            PositiveRanks::from_rankings(&rankings, task).unwrap(),
            rank_positives(&dense, &[task], Ties::ByIndex).unwrap().remove(0)
        );
    }

    #[test]
    fn metrics_equal_their_definitions((queries, gallery, scores, positives) in tied_problem()) {
        prop_assume!(positives.iter().any(|list| !list.is_empty()));
        let truth = Relevance::from_lists(gallery, &positives).unwrap();
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        let ranks = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap().remove(0);
        let (mut recall, mut precision, mut average, mut first) = (vec![], vec![], vec![], vec![]);
        for query in (0..queries).filter(|&query| !positives[query].is_empty()) {
            let hits: Vec<f64> = full_ranking(dense.row(query), &positives[query], Ties::ByIndex)
                .iter()
                .map(|item| f64::from(u8::from(positives[query].contains(item))))
                .collect();
            let r = hits.iter().sum::<f64>() as usize;
            recall.push(hits.iter().take(5).copied().fold(0.0, f64::max));
            precision.push(hits[..r].iter().sum::<f64>() / r as f64);
            average.push((1..=r).map(|i| hits[i - 1] * hits[..i].iter().sum::<f64>() / i as f64).sum::<f64>() / r as f64);
            first.push(hits.iter().position(|&hit| hit == 1.0).unwrap() as f64);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        first.sort_by(f64::total_cmp);
        let median = (first[(first.len() - 1) / 2] + first[first.len() / 2]) / 2.0;
        // Sums of at most 70 terms of order one, in another order: rounding only.
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-12;
        prop_assert!(close(ranks.mean(RankMetric::RecallAt(5)).unwrap(), mean(&recall)));
        prop_assert!(close(ranks.mean(RankMetric::RPrecision).unwrap(), mean(&precision)));
        prop_assert!(close(ranks.mean(RankMetric::MapAtR).unwrap(), mean(&average)));
        prop_assert!(close(ranks.mean_rank().unwrap(), mean(&first) + 1.0));
        prop_assert_eq!(ranks.median_rank().unwrap(), median.floor() + 1.0);
    }

    #[test]
    fn pessimistic_ties_never_flatter((queries, gallery, scores, positives) in tied_problem()) {
        let truth = Relevance::from_lists(gallery, &positives).unwrap();
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        let ranks = |ties| rank_positives(&dense, &[RankTask::whole(&truth)], ties).unwrap().remove(0);
        let (by_index, pessimistic) = (ranks(Ties::ByIndex), ranks(Ties::Pessimistic));
        for query in 0..queries {
            prop_assert!(by_index.ranks(query).iter().zip(pessimistic.ranks(query)).all(|(a, b)| a <= b));
        }
    }

    #[test]
    fn both_pmrps_equal_their_definitions(
        (queries, gallery, scores, _) in tied_problem(),
        codes in prop::collection::vec(prop::option::weighted(0.8, 0u128..16), 80),
    ) {
        let (query_codes, gallery_codes) = (&codes[..queries], &codes[10..10 + gallery]);
        let dense = DenseScores::new(&scores, queries, gallery).unwrap();
        let matches = PlausibleMatches::new(query_codes, gallery_codes);
        let slow = |zeta: u32, cap: usize, drop_unannotated: bool| {
            let mut values = Vec::new();
            for query in 0..queries {
                let Some(code) = query_codes[query] else { continue };
                let plausible = |item: usize| gallery_codes[item].is_some_and(|other| (code ^ other).count_ones() <= zeta);
                let mut ranking = full_ranking(dense.row(query), &[], Ties::ByIndex);
                ranking.retain(|&item| !drop_unannotated || gallery_codes[item].is_some());
                let r = (0..gallery).filter(|&item| plausible(item)).count().min(cap);
                if r > 0 {
                    values.push(ranking[..r].iter().filter(|&&item| plausible(item)).count() as f64 / r as f64);
                }
            }
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        let zeta012: Option<Vec<f64>> = (0..=2).map(|zeta| slow(zeta, usize::MAX, true)).collect();
        match (matches.pmrp_zeta012(&dense, None), zeta012) {
            (Ok(found), Some(values)) => prop_assert!((found - values.iter().sum::<f64>() / 3.0).abs() < 1e-12),
            (found, expected) => prop_assert_eq!((found, expected), (Err(MetricError::NoQueries { fold: None }), None)),
        }
        match (matches.pmrp_eccv50(&dense), slow(0, 50, false)) {
            (Ok(found), Some(expected)) => prop_assert!((found - expected).abs() < 1e-12),
            (found, expected) => prop_assert_eq!((found, expected), (Err(MetricError::NoQueries { fold: None }), None)),
        }
    }
}

#[test]
fn folded_pmrp_is_the_mean_of_the_pmrps_of_the_folds() {
    // Two folds of two queries and three items; inside a fold everything is as if the other did not exist.
    let scores: Vec<f32> = (0..24).map(|at| ((at * 17) % 23) as f32).collect();
    let codes = [Some(0b01), Some(0b10), Some(0b111000), Some(0b01)];
    let gallery_codes = [Some(0b01), Some(0b10), None, Some(0b111000), Some(0b01), Some(0b11)];
    let folds = Folds::new(&[0, 0, 1, 1], &[0, 0, 0, 1, 1, 1]).unwrap();
    let whole = DenseScores::new(&scores, 4, 6).unwrap();
    let folded = PlausibleMatches::new(&codes, &gallery_codes).pmrp_zeta012(&whole, Some(&folds)).unwrap();
    let alone: f64 = [0usize, 1]
        .iter()
        .map(|fold| {
            let part: Vec<f32> = (0..2)
                .flat_map(|query| (0..3).map(move |item| (query + 2 * fold) * 6 + item + 3 * fold))
                .map(|at| scores[at])
                .collect();
            let part = DenseScores::new(&part, 2, 3).unwrap();
            let matches = PlausibleMatches::new(&codes[2 * fold..2 * fold + 2], &gallery_codes[3 * fold..3 * fold + 3]);
            matches.pmrp_zeta012(&part, None).unwrap()
        })
        .sum();
    assert!((folded - alone / 2.0).abs() < 1e-15);
}

#[test]
fn many_blocks_give_the_ranks_of_one() {
    /// 3,000 queries against 9,000 items is 27 million scores: several blocks, computed on the fly.
    struct Hashed;
    impl ScoreRows<f64> for Hashed {
        fn queries(&self) -> usize {
            3_000
        }
        fn gallery(&self) -> usize {
            9_000
        }
        fn fill(&self, rows: std::ops::Range<usize>, out: &mut [f64]) {
            for (at, score) in out.iter_mut().enumerate() {
                *score = f64::from(hash(rows.start + at / 9_000, at % 9_000));
            }
        }
    }
    fn hash(query: usize, item: usize) -> u32 {
        ((query as u32).wrapping_mul(2_654_435_761) ^ (item as u32).wrapping_mul(2_246_822_519))
            .wrapping_mul(668_265_263)
            >> 12
    }
    let positives: Vec<Vec<usize>> = (0..3_000).map(|query| vec![query, 3 * query, 8_999 - query]).collect();
    let truth = Relevance::from_lists(9_000, &positives).unwrap();
    let ranks = rank_positives(&Hashed, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap().remove(0);
    for query in (0..3_000).step_by(331) {
        let row: Vec<f32> = (0..9_000).map(|item| hash(query, item) as f32).collect(); // 20 bits: exact in f32
        assert_eq!(ranks.ranks(query), slow_ranks(&row, &positives[query], Ties::ByIndex));
    }
}

#[test]
fn two_scores_that_single_precision_would_tie_are_told_apart_in_double() {
    let truth = Relevance::from_lists(2, &[[1]]).unwrap();
    let scores = [4_294_967_294.0f64, 4_294_967_295.0];
    let ranks = |tie: &dyn Fn(f64) -> f64| {
        let scores = scores.map(tie);
        let dense = DenseScores::new(&scores, 1, 2).unwrap();
        rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap()[0].ranks(0).to_vec()
    };
    assert_eq!(ranks(&|score| score), [0]);
    assert_eq!(ranks(&|score| f64::from(score as f32)), [1]);
}

#[test]
fn a_nan_score_is_an_error_that_names_the_pair_never_a_rank() {
    let mut scores = vec![0.0f32; 12];
    scores[7] = f32::NAN;
    let truth = Relevance::from_lists(4, &[[0], [1], [2]]).unwrap();
    let dense = DenseScores::new(&scores, 3, 4).unwrap();
    let error = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap_err();
    assert_eq!(error, MetricError::NanScore { query: 1, item: 3 });
    let codes = [Some(1u128); 4];
    let error = PlausibleMatches::new(&codes[..3], &codes).pmrp_eccv50(&dense).unwrap_err();
    assert_eq!(error, MetricError::NanScore { query: 1, item: 3 });
}

#[test]
fn infinite_scores_are_ordinary_scores() {
    let scores = [f32::NEG_INFINITY, f32::INFINITY, 0.0, f32::NEG_INFINITY];
    let truth = Relevance::from_lists(4, &[[0, 1, 3]]).unwrap();
    let dense = DenseScores::new(&scores, 1, 4).unwrap();
    let ranks = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap();
    assert_eq!(ranks[0].ranks(0), [0, 2, 3]);
}

#[test]
fn queries_without_positives_are_counted_and_left_out_of_the_mean() {
    let truth = Relevance::from_lists(2, &[vec![0], vec![], vec![1]]).unwrap();
    let scores = [1.0f32, 0.0, 1.0, 0.0, 1.0, 0.0];
    let dense = DenseScores::new(&scores, 3, 2).unwrap();
    let ranks = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap().remove(0);
    assert_eq!(ranks.excluded(), 1);
    assert_eq!(ranks.mean(RankMetric::RecallAt(1)).unwrap(), 0.5);
    assert_eq!(ranks.per_query(RankMetric::RecallAt(1)).unwrap(), [Some(1.0), None, Some(0.0)]);
    let summary = RankSummary::of(&ranks).unwrap();
    assert_eq!((summary.queries, summary.excluded), (2, 1));
    assert_eq!(TwoWay { i2t: summary, t2i: summary }.r_sum(), 2.0 * (50.0 + 100.0 + 100.0));
}

#[test]
fn a_set_in_which_no_query_has_a_positive_is_an_error_not_a_nan() {
    let truth = Relevance::from_lists(2, &[vec![], vec![]]).unwrap();
    let dense = DenseScores::new(&[0.0f32; 4], 2, 2).unwrap();
    let ranks = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap().remove(0);
    assert_eq!(ranks.mean(RankMetric::RecallAt(1)), Err(MetricError::NoQueries { fold: None }));
    let empty = Relevance::from_lists::<Vec<usize>>(0, &[]).unwrap();
    let none = DenseScores::<f32>::new(&[], 0, 0).unwrap();
    let ranks = rank_positives(&none, &[RankTask::whole(&empty)], Ties::ByIndex).unwrap().remove(0);
    assert_eq!(ranks.median_rank(), Err(MetricError::NoQueries { fold: None }));
}

#[test]
fn a_list_too_short_for_a_metric_is_an_error_that_says_how_long_it_must_be() {
    let truth = Relevance::from_lists(6, &[vec![0, 1, 2, 3]]).unwrap();
    let ranks = PositiveRanks::from_rankings(&[[4u32, 0, 1]], RankTask::whole(&truth)).unwrap();
    assert_eq!(ranks.mean(RankMetric::RecallAt(1)), Ok(0.0));
    assert_eq!(ranks.mean(RankMetric::RecallAt(3)), Ok(1.0));
    assert_eq!(ranks.mean_rank(), Ok(2.0));
    let error = ranks.mean(RankMetric::RPrecision).unwrap_err();
    assert_eq!(
        error.to_string(),
        "R-Precision needs the first 4 of the 6 gallery items for query 0, but its ranking holds 3; \
         give longer rankings (full ones always suffice)"
    );
    // K past the gallery asks for the gallery, not for items that do not exist.
    let full = PositiveRanks::from_rankings(&[[4u32, 5, 0, 1, 2, 3]], RankTask::whole(&truth)).unwrap();
    assert_eq!(full.mean(RankMetric::RecallAt(10)), Ok(1.0));
    // The best positive is beyond the list: its rank is unknown, not last.
    let beyond = PositiveRanks::from_rankings(&[[4u32, 5]], RankTask::whole(&truth)).unwrap();
    assert!(matches!(beyond.mean_rank(), Err(MetricError::RankingTooShort { needed: 6, length: 2, .. })));
}

#[test]
fn a_truncated_ranking_that_lost_its_fold_is_too_short() {
    let truth = Relevance::from_lists(4, &[vec![0], vec![3]]).unwrap();
    let folds = Folds::new(&[0, 1], &[0, 0, 1, 1]).unwrap();
    let task = RankTask::folded(&truth, &folds);
    let ranks = PositiveRanks::from_rankings(&[[2u32, 3], [2, 3]], task).unwrap();
    assert!(matches!(
        ranks.mean(RankMetric::RecallAt(1)),
        Err(MetricError::RankingTooShort { query: 0, length: 0, needed: 1, .. })
    ));
}

#[test]
fn rankings_with_repeated_or_unknown_items_are_errors() {
    let truth = Relevance::from_lists(3, &[vec![0], vec![1]]).unwrap();
    let error = PositiveRanks::from_rankings(&[vec![0u32, 1], vec![2, 1, 2]], RankTask::whole(&truth)).unwrap_err();
    assert_eq!(error, MetricError::RepeatedItem { query: 1, item: 2 });
    let error = PositiveRanks::from_rankings(&[vec![0u32], vec![3]], RankTask::whole(&truth)).unwrap_err();
    assert_eq!(error, MetricError::IndexOutOfRange { what: "an item in the ranking", query: 1, index: 3, gallery: 3 });
}

#[test]
fn sizes_that_do_not_fit_are_errors() {
    assert!(matches!(DenseScores::new(&[0.0f32; 5], 2, 3), Err(MetricError::Shape { .. })));
    let dense = DenseScores::new(&[0.0f32; 6], 2, 3).unwrap();
    let truth = Relevance::from_lists(2, &[[0], [0], [0]]).unwrap();
    assert!(matches!(
        rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex),
        Err(MetricError::Shape { .. })
    ));
    assert!(matches!(Folds::new(&[0, 2], &[0, 1]), Err(MetricError::Shape { .. })));
}

#[test]
fn positives_that_the_gallery_lacks_count_in_r_but_are_no_query_of_their_own() {
    let truth = Relevance::from_lists(4, &[vec![0, 1], vec![]]).unwrap().with_absent(0, 2).with_absent(1, 1);
    let scores = [4.0f32, 3.0, 2.0, 1.0, 4.0, 3.0, 2.0, 1.0];
    let dense = DenseScores::new(&scores, 2, 4).unwrap();
    let ranks = rank_positives(&dense, &[RankTask::whole(&truth)], Ties::ByIndex).unwrap().remove(0);
    assert_eq!(ranks.excluded(), 1);
    assert_eq!(ranks.mean(RankMetric::RPrecision).unwrap(), 0.5);
    assert_eq!(ranks.mean(RankMetric::MapAtR).unwrap(), 0.5);
    assert_eq!(ranks.mean_rank().unwrap(), 1.0);
}

#[test]
fn a_matrix_computed_in_blocks_reads_the_same_in_both_directions() {
    // 9,000,000 scores: two blocks, and tiles cut off at both edges.
    struct Numbered;
    impl ScoreRows for Numbered {
        fn queries(&self) -> usize {
            1_001
        }
        fn gallery(&self) -> usize {
            9_001
        }
        fn fill(&self, rows: std::ops::Range<usize>, out: &mut [f32]) {
            for (at, score) in out.iter_mut().enumerate() {
                *score = (rows.start * 9_001 + at) as f32; // exact below 2^24
            }
        }
    }
    let matrix = ScoreMatrix::compute(&Numbered);
    let mut rows = vec![0.0; 70 * 1_001];
    matrix.by_gallery().fill(8_931..9_001, &mut rows);
    for (at, &score) in rows.iter().enumerate() {
        let (item, query) = (8_931 + at / 1_001, at % 1_001);
        assert_eq!(score, (query * 9_001 + item) as f32);
        assert_eq!(score, matrix.by_query().row(query)[item]);
    }
}
