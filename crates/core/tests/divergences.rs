//! Every measure of the registry: laws over one table, goldens, slow oracles, faults.

mod common;

use burn::tensor::{DType, Tensor};
use common::{Draws, assert_close, autodiff, device, numbers, pcme_loss, tensor, values};
use halation_core::{
    CoreError,
    dist::{DiagNormal, LogStd, LogVar},
    divergence::*,
    metric::ScoreRows,
};
use halation_kernels::has_row_form;
use proptest::prelude::*;

const A: f64 = 3.0;
const B: f64 = 2.0;
const DIMS: usize = 5;
const SAMPLES: usize = 3;

fn options(dims: usize) -> (MeasureOptions, Vec<f64>, Vec<f64>) {
    let mut draws = Draws::new(99);
    let (query, gallery) = (draws.tensor([SAMPLES, dims], &device()), draws.tensor([SAMPLES, dims], &device()));
    let flat = (values(&query), values(&gallery));
    let options = MeasureOptions::default()
        .with_noise(SampleNoise::new(query, gallery).unwrap())
        .with_match_function(MatchFunction::new(A, B, 2).unwrap());
    (options, flat.0, flat.1)
}

fn build(measure: Measure, dims: usize) -> Box<dyn Divergence> {
    measure.build(&options(dims).0).unwrap()
}

/// One normal distribution as plain numbers.
#[derive(Clone)]
struct Plain {
    mean: Vec<f64>,
    log_std: Vec<f64>,
}

impl Plain {
    fn all(batch: &DiagNormal) -> Vec<Self> {
        let [_, dims] = batch.dims();
        let (means, log_stds) = (values(&batch.mean()), values(&batch.log_std().0));
        let pairs = means.chunks(dims).zip(log_stds.chunks(dims));
        pairs.map(|(mean, log_std)| Self { mean: mean.to_vec(), log_std: log_std.to_vec() }).collect()
    }

    fn samples(&self, draws: &[f64]) -> Vec<Vec<f64>> {
        let sample =
            |draw: &[f64]| (0..self.mean.len()).map(|k| self.mean[k] + self.log_std[k].exp() * draw[k]).collect();
        draws.chunks(self.mean.len()).map(sample).collect()
    }

    fn log_prob(&self, point: &[f64]) -> f64 {
        (0..point.len())
            .map(|k| {
                let standard = (point[k] - self.mean[k]) / self.log_std[k].exp();
                -0.5 * standard * standard - self.log_std[k] - 0.5 * std::f64::consts::TAU.ln()
            })
            .sum()
    }
}

/// Every measure by its definition, in loops over dimensions and samples.
fn slow(measure: Measure, one: &Plain, two: &Plain, query_draws: &[f64], gallery_draws: &[f64]) -> f64 {
    let dims = one.mean.len();
    let gap = |k: usize| (one.mean[k] - two.mean[k]).powi(2);
    let (v1, v2) = (|k: usize| (2.0 * one.log_std[k]).exp(), |k: usize| (2.0 * two.log_std[k]).exp());
    let sum = |term: &dyn Fn(usize) -> f64| (0..dims).map(term).sum::<f64>();
    let kl = sum(&|k| 0.5 * ((v2(k) / v1(k)).ln() + (v1(k) + gap(k)) / v2(k) - 1.0));
    let reverse_kl = sum(&|k| 0.5 * ((v1(k) / v2(k)).ln() + (v2(k) + gap(k)) / v1(k) - 1.0));
    let bhattacharyya =
        sum(&|k| gap(k) / (4.0 * (v1(k) + v2(k))) + 0.5 * ((v1(k) + v2(k)) / (2.0 * (v1(k) * v2(k)).sqrt())).ln());
    let (samples1, samples2) = (one.samples(query_draws), two.samples(gallery_draws));
    let mean_over_pairs = |term: &dyn Fn(&[f64], &[f64]) -> f64| {
        let terms = samples1.iter().flat_map(|z1| samples2.iter().map(move |z2| (z1, z2)));
        terms.map(|(z1, z2)| term(z1, z2)).sum::<f64>() / (samples1.len() * samples2.len()) as f64
    };
    let distance =
        |z1: &[f64], z2: &[f64]| (z1.iter().zip(z2).map(|(a, b)| (a - b).powi(2)).sum::<f64>() + 1e-6).sqrt();
    match measure {
        Measure::MeanL2 => sum(&gap),
        Measure::Csd => sum(&|k| gap(k) + v1(k) + v2(k)),
        Measure::W2 => sum(&|k| gap(k) + (one.log_std[k].exp() - two.log_std[k].exp()).powi(2)),
        Measure::Kl => kl,
        Measure::ReverseKl => reverse_kl,
        Measure::Jeffreys => kl + reverse_kl,
        Measure::PcmeV1CodeKl => sum(&|k| (v1(k) / v2(k)).ln() + (v1(k) + gap(k)) / v2(k)),
        Measure::Bhattacharyya => bhattacharyya,
        Measure::Hellinger => 1.0 - (-bhattacharyya).exp(),
        Measure::Elk => sum(&|k| {
            let variance = v1(k) + v2(k);
            -0.5 * (gap(k) / variance + variance.ln() + std::f64::consts::TAU.ln())
        }),
        Measure::BestOfPoints => {
            // One point each, as the options say.
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let (x, y) = (&one.mean, &two.mean);
            dot(x, y) / (dot(x, x) * dot(y, y)).sqrt()
        }
        Measure::MinCoordinate => (0..dims).map(gap).fold(f64::INFINITY, f64::min),
        Measure::MaxCoordinate => (0..dims).map(gap).fold(0.0, f64::max),
        Measure::SampledL2 => mean_over_pairs(&distance),
        Measure::SampledDot => mean_over_pairs(&|z1, z2| z1.iter().zip(z2).map(|(a, b)| a * b).sum()),
        Measure::MatchProbability => {
            mean_over_pairs(&|z1, z2| 1.0 / (1.0 + (-2.0 * (B - A * distance(z1, z2))).exp())).ln()
        }
        Measure::SampledJs => {
            let to_mixture = |own: &Plain, samples: &[Vec<f64>]| {
                let term = |z: &Vec<f64>| {
                    let mixture = (one.log_prob(z).exp() + two.log_prob(z).exp()) / 2.0;
                    own.log_prob(z) - mixture.ln()
                };
                samples.iter().map(term).sum::<f64>() / samples.len() as f64
            };
            0.5 * to_mixture(one, &samples1) + 0.5 * to_mixture(two, &samples2)
        }
    }
}

#[test]
fn the_fast_form_of_every_measure_equals_its_definition_in_loops() {
    for measure in Measure::ALL {
        assert_fast_form_is_slow_form(measure, DIMS);
    }
}

#[test]
fn so_it_does_over_more_dimensions_than_are_worked_on_side_by_side() {
    for measure in Measure::ALL.into_iter().filter(|measure| !measure.is_sampled()) {
        for dims in [16, 37, 130 * 16 + 1] {
            assert_fast_form_is_slow_form(measure, dims);
        }
    }
}

fn assert_fast_form_is_slow_form(measure: Measure, dims: usize) {
    let (mut draws, (options, query_draws, gallery_draws)) = (Draws::new(1), options(dims));
    let (query, gallery) = (draws.distributions(6, dims, &device()), draws.distributions(7, dims, &device()));
    let (queries, items) = (Plain::all(&query), Plain::all(&gallery));
    let fast = measure.build(&options).unwrap().pairwise(&query, &gallery);
    assert_eq!(fast.dims(), [6, 7]);
    let expected: Vec<f64> = queries
        .iter()
        .flat_map(|one| items.iter().map(|two| slow(measure, one, two, &query_draws, &gallery_draws)))
        .collect();
    // Matrix products cancel terms of up to 1e3 here (means over variances), at 6e-8 each.
    assert_close(&format!("{measure}, {dims} dimensions"), &values(&fast), &expected, 1e-4);
}

#[test]
fn the_aligned_form_of_every_measure_is_the_diagonal_of_its_pairwise_form() {
    let mut draws = Draws::new(2);
    let (query, gallery) = (draws.distributions(6, DIMS, &device()), draws.distributions(6, DIMS, &device()));
    for measure in Measure::ALL {
        let divergence = build(measure, DIMS);
        let pairwise = values(&divergence.pairwise(&query, &gallery));
        let diagonal: Vec<f64> = (0..6).map(|i| pairwise[i * 6 + i]).collect();
        let aligned = divergence.aligned(&query, &gallery);
        assert_eq!(aligned.dims(), [6]);
        assert_close(measure.name(), &values(&aligned), &diagonal, 1e-4);
    }
}

#[test]
fn golden_values_of_the_specification() {
    let distribution = |mean: [f32; 2], log_std: [f32; 2]| {
        let mean = Tensor::<2>::from_floats([mean], &device());
        DiagNormal::new(mean, LogStd(Tensor::from_floats([log_std], &device())))
    };
    let (one, two) = (distribution([0.6, 0.8], [-1.0, -0.5]), distribution([1.0, 0.0], [-0.7, 0.2]));
    for (measure, expected) in [
        (Measure::MeanL2, 0.8),
        (Measure::Csd, 3.041636),
        (Measure::W2, 1.194633),
        (Measure::Kl, 0.936623),
        (Measure::ReverseKl, 2.399634),
        (Measure::Jeffreys, 3.336257),
        (Measure::Bhattacharyya, 0.326571),
        (Measure::Hellinger, 0.278607),
        (Measure::Elk, -2.048361),
        (Measure::PcmeV1CodeKl, -0.126755),
    ] {
        let divergence = build(measure, 2);
        assert_close(measure.name(), &values(&divergence.pairwise(&one, &two)), &[expected], 1e-5);
        assert_close(measure.name(), &values(&divergence.aligned(&one, &two)), &[expected], 1e-5);
    }
}

#[test]
fn divergences_agree_with_pytorch() {
    let (golden, device) = (&pcme_loss()["distributions"], device());
    let side = |mean: &str, log_std: &str| {
        DiagNormal::new(tensor(&golden[mean], &device), LogStd(tensor(&golden[log_std], &device)))
    };
    let (query, gallery) = (side("mean1", "log_std1"), side("mean2", "log_std2"));
    for (name, expected) in golden["pairwise"].as_object().unwrap() {
        let measure: Measure = name.parse().unwrap();
        // As above: the matrix products cancel terms that are larger than the result.
        let found = values(&build(measure, 5).pairwise(&query, &gallery));
        assert_close(name, &found, &numbers(expected), 1e-4);
    }
}

/// Measures that do not care which side is the query, as long as every side keeps its draws.
const SYMMETRIC: [Measure; 14] = [
    Measure::MatchProbability,
    Measure::SampledL2,
    Measure::SampledDot,
    Measure::SampledJs,
    Measure::MeanL2,
    Measure::Csd,
    Measure::W2,
    Measure::Jeffreys,
    Measure::Elk,
    Measure::Bhattacharyya,
    Measure::Hellinger,
    Measure::MinCoordinate,
    Measure::MaxCoordinate,
    Measure::BestOfPoints,
];

/// Measures that are zero for equal distributions and never negative.
const ZERO_TO_ITSELF: [Measure; 9] = [
    Measure::MeanL2,
    Measure::W2,
    Measure::Kl,
    Measure::ReverseKl,
    Measure::Jeffreys,
    Measure::Bhattacharyya,
    Measure::Hellinger,
    Measure::MinCoordinate,
    Measure::MaxCoordinate,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn symmetric_measures_do_not_change_when_the_sides_do(seed in 0u64..1_000_000, n in 1usize..5, m in 1usize..5) {
        let mut draws = Draws::new(seed);
        let (query, gallery) = (draws.distributions(n, 4, &device()), draws.distributions(m, 4, &device()));
        for measure in SYMMETRIC {
            let swapped = measure.build(&options(4).0.exchanged()).unwrap().pairwise(&gallery, &query).transpose();
            assert_close(measure.name(), &values(&build(measure, 4).pairwise(&query, &gallery)), &values(&swapped), 1e-4);
        }
        let (kl, reverse) = (build(Measure::Kl, 4), build(Measure::ReverseKl, 4));
        let swapped = values(&reverse.pairwise(&gallery, &query).transpose());
        assert_close("KL reversed twice", &values(&kl.pairwise(&query, &gallery)), &swapped, 1e-4);
    }

    #[test]
    fn distances_are_never_negative_and_zero_to_themselves(seed in 0u64..1_000_000, n in 1usize..6) {
        let query = Draws::new(seed).distributions(n, 4, &device());
        for measure in ZERO_TO_ITSELF {
            let divergence = build(measure, 4);
            let all = values(&divergence.pairwise(&query, &query));
            // Means over variances reach 1e3, so matrix products round at 1e-4.
            prop_assert!(all.iter().all(|&value| value > -1e-3), "{measure}: {all:?}");
            assert_close(measure.name(), &values(&divergence.aligned(&query, &query)), &vec![0.0; n], 1e-6);
        }
    }

    #[test]
    fn only_differences_of_means_matter(seed in 0u64..1_000_000) {
        let mut draws = Draws::new(seed);
        let (query, gallery) = (draws.distributions(3, 4, &device()), draws.distributions(4, 4, &device()));
        let shift = |one: &DiagNormal| DiagNormal::new(one.mean() + 100.0, one.log_std());
        // Products and cosines are of the points themselves.
        let of_differences = |measure: &Measure| !matches!(measure, Measure::SampledDot | Measure::BestOfPoints);
        for measure in Measure::ALL.into_iter().filter(of_differences) {
            let divergence = build(measure, 4);
            let shifted = values(&divergence.pairwise(&shift(&query), &shift(&gallery)));
            // Means of about 100 themselves carry 4e-6, over standard deviations down to 0.05, squared terms up to 1e3.
            assert_close(measure.name(), &shifted, &values(&divergence.pairwise(&query, &gallery)), 5e-2);
        }
    }
}

#[test]
fn of_two_gallery_items_every_measure_prefers_the_one_at_the_query() {
    let scale = |rows| LogStd(Tensor::full([rows, DIMS], -1.0, &device()));
    let query = DiagNormal::new(Tensor::ones([1, DIMS], &device()), scale(1));
    let near_and_far = Tensor::<2>::from_floats([[1.0; DIMS], [-1.0; DIMS]], &device());
    let gallery = DiagNormal::new(near_and_far, scale(2));
    for measure in Measure::ALL {
        let scores = DivergenceScores::new(build(measure, DIMS), query.clone(), gallery.clone());
        let mut row = [0.0; 2];
        scores.fill(0..1, &mut row);
        assert!(row[0] > row[1], "{measure} prefers the far item: {row:?}");
    }
}

#[test]
fn the_closed_form_of_the_sampled_squared_distance_is_its_expectation() {
    let count = 20_000;
    let mut draws = Draws::new(8);
    let (one, two) = (draws.distributions(1, 3, &device()), draws.distributions(1, 3, &device()));
    let (noise1, noise2) = (draws.tensor([1, count, 3], &device()), draws.tensor([1, count, 3], &device()));
    let squared = (one.rsample(noise1) - two.rsample(noise2)).square().sum_dim(2); // [1, count, 1]
    let error = values(&squared.clone().reshape([count]).var(0))[0].sqrt() / (count as f64).sqrt();
    let (found, expected) = (values(&squared.mean())[0], values(&Csd.aligned(&one, &two))[0]);
    assert!((found - expected).abs() < 5.0 * error, "{found} instead of {expected} +- {error}");
}

#[test]
fn every_variance_pulls_on_csd_with_gradient_one_and_w2_does_not_at_equal_sigma() {
    let device = autodiff();
    let log_var = Tensor::<2>::from_floats([[-1.0, 0.5]], &device).require_grad();
    let mean = Tensor::<2>::from_floats([[0.3, -0.2]], &device);
    let one = || DiagNormal::new(mean.clone(), LogVar(log_var.clone())); // a backward pass consumes its graph
    let two = one().without_autodiff();
    let gradients = Csd.pairwise(&one(), &two).sum().backward();
    // d CSD / d v = 1, so d CSD / d lv = v.
    assert_close("CSD", &values(&log_var.grad(&gradients).unwrap()), &[(-1f64).exp(), 0.5f64.exp()], 1e-5);
    let gradients = SquaredWasserstein2.pairwise(&one(), &two).sum().backward();
    assert_close("W2", &values(&log_var.grad(&gradients).unwrap()), &[0.0, 0.0], 1e-6);
}

#[test]
fn the_sampled_match_probability_ranks_where_the_probability_itself_would_tie() {
    let scale = |rows| LogStd(Tensor::full([rows, 1], -30.0, &device()));
    let query = DiagNormal::new(Tensor::zeros([1, 1], &device()), scale(1));
    let gallery = DiagNormal::new(Tensor::<2>::from_floats([[100.0], [101.0]], &device()), scale(2));
    let log_probabilities = build(Measure::MatchProbability, 1).pairwise(&query, &gallery);
    let rounded = values(&log_probabilities.clone().exp());
    assert_eq!(rounded, [0.0, 0.0], "these probabilities do underflow");
    let log_probabilities = values(&log_probabilities);
    assert_close("ln p", &log_probabilities, &[-2.0 * (A * 100.0 - B), -2.0 * (A * 101.0 - B)], 1e-5);
}

#[test]
fn no_measure_turns_extreme_scales_or_means_into_nan() {
    let device = device();
    let mean = Tensor::<2>::from_floats([[0.5, -0.5], [0.5, 0.5], [0.0, 0.0], [0.5, -0.5]], &device);
    let log_std = Tensor::<2>::from_floats([[-50.0, -50.0], [50.0, 50.0], [-50.0, 50.0], [0.0, 0.0]], &device);
    let scales = DiagNormal::new(mean.clone(), LogStd(log_std));
    let huge = DiagNormal::new(mean * 2e20, LogStd(Tensor::zeros([4, 2], &device)));
    for measure in Measure::ALL {
        let divergence = build(measure, 2);
        let found = values(&divergence.pairwise(&scales, &scales));
        assert!(found.iter().all(|value| value.is_finite()), "{measure} at extreme scales: {found:?}");
        let found = values(&divergence.aligned(&scales, &scales));
        assert!(found.iter().all(|value| value.is_finite()), "{measure}, aligned, at extreme scales: {found:?}");
    }
    // Squares of 1e20 exceed an f32: infinitely far, but ordered. Sums over such terms of both signs (KL and its kin, the inner product)
    // have no defined value, so they are not in this list.
    for measure in [Measure::MeanL2, Measure::Csd, Measure::W2, Measure::SampledL2, Measure::MatchProbability] {
        let found = values(&build(measure, 2).pairwise(&huge, &huge));
        assert!(found.iter().all(|value| !value.is_nan()), "{measure} at 1e20: {found:?}");
    }
}

#[test]
fn tiles_do_not_change_what_a_tiled_measure_computes() {
    // 300 x 300 pairs in 400 dimensions are more than one tile of 2^24 elements.
    let (mut draws, dims) = (Draws::new(12), 400);
    let (query, gallery) = (draws.distributions(300, dims, &device()), draws.distributions(300, dims, &device()));
    let whole = values(&Elk.pairwise(&query, &gallery));
    let row = values(&Elk.pairwise(&query.rows(299..300), &gallery));
    assert_close("last row", &whole[299 * 300..], &row, 1e-6);
}

#[test]
fn scores_come_in_blocks_of_rows_with_larger_always_closer() {
    let mut draws = Draws::new(13);
    let (query, gallery) = (draws.distributions(5, DIMS, &device()), draws.distributions(3, DIMS, &device()));
    for measure in Measure::ALL {
        let divergence = build(measure, DIMS);
        let sign = if divergence.direction() == Direction::SmallerIsCloser { -1.0 } else { 1.0 };
        let expected: Vec<f64> = values(&divergence.pairwise(&query, &gallery)).iter().map(|v| v * sign).collect();
        let scores = DivergenceScores::new(divergence, query.clone(), gallery.clone());
        assert_eq!((scores.queries(), scores.gallery()), (5, 3));
        let mut block = [0f32; 6];
        scores.fill(2..4, &mut block);
        let block = block.map(f64::from);
        assert_close(measure.name(), &block, &expected[6..12], 1e-5);
        scores.fill(5..5, &mut []);
    }
}

#[test]
fn a_prepared_gallery_stands_blocks_whose_numbers_are_far_larger_or_smaller_than_its_own() {
    let side = |mean: [[f32; 2]; 2]| {
        DiagNormal::new(Tensor::from_floats(mean, &device()), LogStd(Tensor::zeros([2, 2], &device())))
    };
    // Blocks of one query each: the gallery is prepared before the size of any query is known.
    let (huge, small) = ([[1e17, 2e17], [3e17, -1e17]], [[1.0, 2.0], [-1.0, 0.5]]);
    for (query, gallery) in [(huge, small), (small, huge), (huge, huge)] {
        for measure in [Measure::MeanL2, Measure::W2] {
            let scores = DivergenceScores::new(build(measure, 2), side(query), side(gallery));
            for (row, q) in query.iter().enumerate() {
                let mut found = [0f32; 2];
                scores.fill(row..row + 1, &mut found);
                for (found, g) in found.into_iter().zip(gallery) {
                    let expected: f64 = (0..2).map(|d| (f64::from(q[d]) - f64::from(g[d])).powi(2)).sum();
                    let error = (f64::from(found) + expected).abs();
                    assert!(error <= 1e-5 * 1.4e35, "{measure}: -{expected:e} expected, {found:e} found");
                }
            }
        }
    }
}

#[test]
fn an_empty_gallery_is_no_reason_to_fail_before_a_score_is_asked_for() {
    let mut draws = Draws::new(14);
    let query = draws.distributions(2, DIMS, &device());
    for measure in Measure::ALL {
        let scores = DivergenceScores::new(build(measure, DIMS), query.clone(), query.rows(0..0));
        assert_eq!((scores.queries(), scores.gallery()), (2, 0));
        scores.fill(0..2, &mut []);
    }
}

#[test]
fn every_name_leads_to_its_measure_and_back() {
    for measure in Measure::ALL {
        assert_eq!(measure.name().parse(), Ok(measure));
        assert_eq!(measure.to_string(), measure.name());
        assert_eq!(build(measure, 2).name(), measure.name());
    }
    let mut names = Measure::ALL.map(Measure::name).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Measure::ALL.len(), "names are unique");
}

#[test]
fn an_unknown_measure_is_an_error_that_lists_all_names() {
    let error = "cosine".parse::<Measure>().unwrap_err();
    let message = error.to_string();
    assert!(message.contains("unknown measure `cosine`"), "{message}");
    assert!(Measure::ALL.iter().all(|measure| message.contains(measure.name())), "{message}");
}

#[test]
fn a_sampled_measure_without_noise_and_bad_noise_are_errors() {
    for measure in Measure::ALL {
        assert_eq!(measure.build(&MeasureOptions::default()).is_err(), measure.is_sampled(), "{measure}");
    }
    let zeros = |shape: [usize; 2]| Tensor::<2>::zeros(shape, &device());
    let error = SampleNoise::new(zeros([3, 4]), zeros([3, 5])).unwrap_err();
    assert!(matches!(error, CoreError::Argument { argument: "noise", .. }), "{error}");
    for (a, b, gain) in [(f64::NAN, 0.0, 1), (1.0, f64::INFINITY, 1), (1.0, 1.0, 0), (1.0, 1.0, 3)] {
        assert!(MatchFunction::new(a, b, gain).is_err(), "{a} {b} {gain}");
    }
}

#[test]
fn a_symmetric_measure_may_exchange_its_sides_and_both_directions_get_the_scores_of_their_own_sweep() {
    let mut draws = Draws::new(21);
    let (images, captions) = (draws.distributions(5, DIMS, &device()), draws.distributions(8, DIMS, &device()));
    for measure in Measure::ALL {
        let options = options(DIMS).0;
        let sweep = |options: &MeasureOptions, query: &DiagNormal, gallery: &DiagNormal| {
            let scores = DivergenceScores::new(measure.build(options).unwrap(), query.clone(), gallery.clone());
            rows_of(&scores)
        };
        assert_eq!(measure.build(&options).unwrap().is_symmetric(), SYMMETRIC.contains(&measure), "{measure}");
        let both = TwoWayScores::new(measure, &options, &images, &captions).unwrap();
        let both = both.directions();
        let name = measure.name();
        assert_close(name, &rows_of(&*both.i2t), &sweep(&options, &images, &captions), 1e-5);
        assert_close(name, &rows_of(&*both.t2i), &sweep(&options.exchanged(), &captions, &images), 1e-5);
    }
}

/// Measures that are made of sums that others are made of.
const SHARED: [Measure; 8] = [
    Measure::Kl,
    Measure::ReverseKl,
    Measure::Jeffreys,
    Measure::Elk,
    Measure::Bhattacharyya,
    Measure::Hellinger,
    Measure::MinCoordinate,
    Measure::MaxCoordinate,
];

#[test]
fn measures_that_share_their_sums_get_the_scores_they_have_alone() {
    let mut draws = Draws::new(22);
    let (images, captions) = (draws.distributions(5, DIMS, &device()), draws.distributions(8, DIMS, &device()));
    let options = options(DIMS).0;
    let mut seen = Vec::new();
    TwoWayScores::for_each(&Measure::ALL, &options, &images, &captions, |measure, together| {
        let alone = TwoWayScores::new(measure, &options, &images, &captions)?;
        // Sums over pairs that are no matrix product are shared where there is a form for them.
        let shared = SHARED[..3].contains(&measure) || SHARED.contains(&measure) && has_row_form(&images.mean());
        assert_eq!(format!("{together:?}").contains("Joint"), shared, "{measure}");
        let (alone, together) = (alone.directions(), together.directions());
        assert_close(measure.name(), &rows_of(&*together.i2t), &rows_of(&*alone.i2t), 1e-5);
        assert_close(measure.name(), &rows_of(&*together.t2i), &rows_of(&*alone.t2i), 1e-5);
        // A part of the rows is that part of all.
        let mut part = vec![0.0; 2 * together.i2t.gallery()];
        together.i2t.fill(1..3, &mut part);
        let part: Vec<f64> = part.into_iter().map(f64::from).collect();
        assert_eq!(part, rows_of(&*together.i2t)[together.i2t.gallery()..][..part.len()]);
        seen.push(measure);
        Ok::<_, CoreError>(())
    })
    .unwrap();
    assert_eq!(seen.len(), Measure::ALL.len());
    assert!(Measure::ALL.iter().all(|measure| seen.contains(measure)));
    // In double precision pairs have no common form, and what fails stops.
    let double =
        |side: &DiagNormal| DiagNormal::new(side.mean().cast(DType::F64), LogStd(side.log_std().0.cast(DType::F64)));
    let (images, captions) = (double(&images), double(&captions));
    let mut count = 0;
    let stopped = TwoWayScores::for_each(
        &[Measure::Elk, Measure::Kl, Measure::Hellinger],
        &options,
        &images,
        &captions,
        |_, scores| {
            assert_eq!(scores.directions().t2i.queries(), 8);
            count += 1;
            if count == 2 { "no measure".parse::<Measure>().map(|_| ()) } else { Ok(()) }
        },
    );
    assert!(stopped.is_err() && count == 2);
}

#[test]
fn near_copies_are_at_a_distance_of_zero_or_more_in_many_dimensions() {
    let one = Draws::new(23).distributions(4, 1024, &device());
    let near = DiagNormal::new(one.mean() * (1.0 + 1e-7), one.log_std());
    for measure in [Measure::Bhattacharyya, Measure::Hellinger] {
        let found = values(&build(measure, 1024).pairwise(&one, &near));
        assert!(found.iter().all(|&value| value >= 0.0), "{measure}: {found:?}");
        assert!((0..4).all(|item| found[item * 5] < 1e-4), "{measure}: {found:?}");
    }
}

#[test]
#[should_panic(expected = "dimensions of query and gallery embeddings differ")]
fn widths_that_are_filled_up_alike_are_still_different() {
    let mut draws = Draws::new(24);
    let (query, gallery) = (draws.distributions(1, 31, &device()), draws.distributions(1, 32, &device()));
    Elk.pairwise(&query, &gallery);
}

fn rows_of(scores: &dyn ScoreRows) -> Vec<f64> {
    let mut out = vec![0.0; scores.queries() * scores.gallery()];
    scores.fill(0..scores.queries(), &mut out);
    out.into_iter().map(f64::from).collect()
}

#[test]
fn of_sets_of_points_the_best_pair_counts() {
    // Two points of two numbers each; the second of the query lies along the first of the gallery.
    let items = |rows: [[f64; 4]; 2]| {
        let mean = Tensor::<2>::from_floats(rows, &device());
        DiagNormal::new(mean.clone(), LogStd(mean.zeros_like()))
    };
    let query = items([[1.0, 0.0, 0.0, 3.0], [1.0, 1.0, 1.0, 0.0]]);
    let gallery = items([[0.0, 0.5, -1.0, 0.0], [-1.0, 0.0, -1.0, -1.0]]);
    let measure = Measure::BestOfPoints.build(&MeasureOptions::default().with_points(2)).unwrap();
    let half = 0.5f64.sqrt();
    assert_close("pairs", &values(&measure.pairwise(&query, &gallery)), &[1.0, 0.0, half, -half], 1e-6);
    assert_close("aligned", &values(&measure.aligned(&query, &gallery)), &[1.0, -half], 1e-6);
    let error = Measure::BestOfPoints.build(&MeasureOptions::default().with_points(0)).unwrap_err().to_string();
    assert!(error.contains("points"), "{error}");
}
