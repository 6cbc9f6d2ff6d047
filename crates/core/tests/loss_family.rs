//! The losses of the probabilistic retrieval family one by one: golden numbers of the specification, oracles in loops, laws, faults.

mod common;

use burn::{
    module::Module,
    nn::loss::Reduction,
    tensor::{Device, Tensor},
};
use common::{Draws, assert_all_finite, assert_close, autodiff, device, scalar, values};
use halation_core::{
    CoreError,
    dist::{DiagNormal, DiagNormalMixture, LogStd, LogVar},
    divergence::{Csd, Divergence},
    loss::*,
};
use proptest::prelude::*;

/// Ones where drawn numbers are positive.
fn random_matches(draws: &mut Draws, shape: [usize; 2], device: &Device) -> MatchMatrix {
    MatchMatrix::from_tensor(draws.tensor::<2>(shape, device).greater_scalar(0.0).float()).unwrap()
}

fn standard_normal(mean: Tensor<2>) -> DiagNormal {
    DiagNormal::new(mean.clone(), LogStd(mean.zeros_like()))
}

// Hinge.

#[test]
fn the_hinge_costs_have_the_golden_values_of_the_specification() {
    let device = device();
    let scores = Tensor::<2>::from_floats([[0.9, 0.8], [0.3, 0.4]], &device);
    let identity = MatchMatrix::identity(2, &device);
    for negatives in [HingeNegatives::All, HingeNegatives::Hardest] {
        let loss = HingeLossConfig::new().with_negatives(negatives).init().unwrap();
        let (by_row, by_column) = loss.forward_scores_no_reduction(scores.clone(), &identity);
        assert_close("caption costs", &values(&by_row), &[0.1, 0.1], 1e-6);
        assert_close("image costs", &values(&by_column), &[0.0, 0.6], 1e-6);
        assert_close("total", &values(&loss.forward_scores(scores.clone(), &identity, Reduction::Sum)), &[0.8], 1e-6);
    }
}

/// Costs of rows by the definition.
fn slow_costs(scores: &[f64], matches: &[f64], [n, m]: [usize; 2], margin: f64, hardest: bool) -> Vec<f64> {
    let mut costs = vec![0.0; n];
    for (i, cost) in costs.iter_mut().enumerate() {
        for j in (0..m).filter(|j| matches[i * m + j] >= 0.5) {
            let hinges = (0..m)
                .filter(|k| matches[i * m + k] < 0.5)
                .map(|k| (margin + scores[i * m + k] - scores[i * m + j]).max(0.0));
            *cost += if hardest { hinges.fold(0.0, f64::max) } else { hinges.sum() };
        }
    }
    costs
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_hinge_equals_its_definition_in_loops_for_any_matches(
        seed in 0u64..1_000_000, n in 1usize..6, m in 1usize..6, margin in 0.0f64..1.0, hardest in any::<bool>(), soft in any::<bool>(),
    ) {
        let (mut draws, device) = (Draws::new(seed), device());
        let scores = draws.tensor::<2>([n, m], &device);
        let matches = if soft {
            MatchMatrix::from_tensor(draws.tensor::<2>([n, m], &device).abs().clamp(0.0, 1.0)).unwrap()
        } else {
            random_matches(&mut draws, [n, m], &device)
        };
        let negatives = if hardest { HingeNegatives::Hardest } else { HingeNegatives::All };
        let loss = HingeLossConfig::new().with_margin(margin).with_negatives(negatives).init().unwrap();
        let (by_row, by_column) = loss.forward_scores_no_reduction(scores.clone(), &matches);
        let (s, t) = (values(&scores), values(&matches.values()));
        assert_close("rows", &values(&by_row), &slow_costs(&s, &t, [n, m], margin, hardest), 1e-5);
        let (s, t) = (values(&scores.transpose()), values(&matches.values().transpose()));
        assert_close("columns", &values(&by_column), &slow_costs(&s, &t, [m, n], margin, hardest), 1e-5);
    }

    #[test]
    fn bag_similarities_equal_their_definitions_in_loops(
        seed in 0u64..1_000_000, n in 1usize..4, m in 1usize..4, k in 1usize..4, l in 1usize..4, sharpness in 0.5f64..30.0,
    ) {
        let (mut draws, device, d) = (Draws::new(seed), device(), 3);
        let (rows, columns) = (draws.tensor::<3>([n, k, d], &device), draws.tensor::<3>([m, l, d], &device));
        let (x, y) = (values(&rows), values(&columns));
        let cosine = |a: &[f64], b: &[f64]| {
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
        };
        let (mut max, mut smooth, mut chamfer) = (Vec::new(), Vec::new(), Vec::new());
        for i in 0..n {
            for c in 0..m {
                let of = |p: usize, q: usize| cosine(&x[(i * k + p) * d..][..d], &y[(c * l + q) * d..][..d]);
                let power = |p, q| (sharpness * of(p, q)).exp();
                let pairs = || (0..k).flat_map(|p| (0..l).map(move |q| (p, q)));
                max.push(pairs().map(|(p, q)| of(p, q)).fold(f64::MIN, f64::max));
                smooth.push(pairs().map(|(p, q)| power(p, q)).sum::<f64>().ln() / sharpness);
                let left: f64 = (0..k).map(|p| (0..l).map(|q| power(p, q)).sum::<f64>().ln()).sum::<f64>() / k as f64;
                let right: f64 = (0..l).map(|q| (0..k).map(|p| power(p, q)).sum::<f64>().ln()).sum::<f64>() / l as f64;
                chamfer.push((left + right) / (2.0 * sharpness));
            }
        }
        let found = |form: BagSimilarity| values(&form.pairwise(rows.clone(), columns.clone()));
        assert_close("max", &found(BagSimilarity::Max), &max, 1e-5);
        assert_close("log-sum-exp", &found(BagSimilarity::LogSumExp(sharpness)), &smooth, 1e-5);
        assert_close("smooth Chamfer", &found(BagSimilarity::SmoothChamfer(sharpness)), &chamfer, 1e-5);
    }

    #[test]
    fn mixed_targets_equal_their_definition_and_never_have_more_matches_than_announced(
        seed in 0u64..1_000_000, n in 1usize..6, m in 1usize..6, epsilon in 0.0f64..0.4,
    ) {
        let (mut draws, device) = (Draws::new(seed), device());
        let matches = random_matches(&mut draws, [n, m], &device);
        let shares: Vec<f32> = (0..n).map(|_| draws.normal().abs().min(1.0)).collect();
        let partners: Vec<usize> = (0..n).map(|_| (draws.normal().abs() * 10.0) as usize % n).collect();
        let mixed = matches.smoothed(epsilon).unwrap().mixed(&shares, &partners).unwrap();
        let (t, found) = (values(&matches.values()), values(&mixed.values()));
        let smooth = |place: usize| (1.0 - epsilon) * t[place] + epsilon * (1.0 - t[place]);
        let mut expected = Vec::new();
        for (i, (&share, &partner)) in shares.iter().zip(&partners).enumerate() {
            let share = f64::from(share);
            expected.extend((0..m).map(|j| share * smooth(i * m + j) + (1.0 - share) * smooth(partner * m + j)));
        }
        assert_close("mixed", &found, &expected, 1e-6);
        let [most_in_row, most_in_column] = mixed.most_matches();
        for i in 0..n {
            assert!((0..m).filter(|j| found[i * m + j] >= 0.5).count() <= most_in_row);
        }
        for j in 0..m {
            assert!((0..n).filter(|i| found[i * m + j] >= 0.5).count() <= most_in_column);
        }
        // Mixed targets are targets.
        MatchMatrix::from_tensor(mixed.values()).unwrap();
    }
}

#[test]
fn hinge_reductions_are_as_documented() {
    let (mut draws, device) = (Draws::new(1), device());
    let (rows, columns) = (draws.tensor::<2>([3, 4], &device), draws.tensor::<2>([5, 4], &device));
    let matches = MatchMatrix::from_ids(&[0, 1, 2], &[0, 1, 2, 2, 0], &device);
    for negatives in [HingeNegatives::All, HingeNegatives::Hardest] {
        let loss = HingeLossConfig::new().with_margin(1.0).init().unwrap().with_negatives(negatives);
        let (by_row, by_column) = loss.forward_no_reduction(rows.clone(), columns.clone(), &matches);
        let (row_sum, column_sum) = (values(&by_row).iter().sum::<f64>(), values(&by_column).iter().sum::<f64>());
        let reduced = |reduction| scalar(loss.forward(rows.clone(), columns.clone(), &matches, reduction));
        let sum = row_sum + column_sum;
        assert_close("sum", &[reduced(Reduction::Sum), reduced(Reduction::Auto)], &[sum, sum], 1e-5);
        assert_close("batch mean", &[reduced(Reduction::BatchMean)], &[sum / 3.0], 1e-5);
        let mean = if negatives == HingeNegatives::All { sum / 15.0 } else { row_sum / 3.0 + column_sum / 5.0 };
        assert_close("mean", &[reduced(Reduction::Mean)], &[mean], 1e-5);
    }
}

#[test]
fn the_hardest_negative_never_costs_more_than_all_of_them_and_an_epoch_switches() {
    let (mut draws, device) = (Draws::new(2), device());
    let (rows, columns) = (draws.tensor::<2>([6, 4], &device), draws.tensor::<2>([6, 4], &device));
    let matches = MatchMatrix::identity(6, &device);
    let at = |epoch| {
        let loss = HingeLossConfig::new().init().unwrap().with_negatives(HingeNegatives::at_epoch(epoch, 2));
        scalar(loss.forward(rows.clone(), columns.clone(), &matches, Reduction::Sum))
    };
    assert_eq!(at(0), at(1));
    assert_eq!(at(2), at(30));
    assert!(at(2) < at(1), "{} and {}", at(2), at(1));
}

#[test]
fn a_second_caption_of_an_image_is_no_negative_of_it() {
    let device = device();
    let rows = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0]], &device);
    let columns = Tensor::<2>::from_floats([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], &device);
    let matches = MatchMatrix::from_ids(&["a", "b"], &["a", "a", "b"], &device);
    for negatives in [HingeNegatives::All, HingeNegatives::Hardest] {
        let loss = HingeLossConfig::new().with_negatives(negatives).init().unwrap();
        assert_eq!(scalar(loss.forward(rows.clone(), columns.clone(), &matches, Reduction::Sum)), 0.0);
    }
}

#[test]
fn half_a_match_is_a_match_of_the_hinge_and_less_is_a_negative() {
    let device = device();
    let scores = Tensor::<2>::from_floats([[0.5, 0.6]], &device);
    for negatives in [HingeNegatives::All, HingeNegatives::Hardest] {
        let loss = HingeLossConfig::new().with_negatives(negatives).init().unwrap();
        for (second, expected) in [(0.5, 0.0), (0.49, 0.3)] {
            let matches = MatchMatrix::from_tensor(Tensor::from_floats([[1.0, second]], &device)).unwrap();
            let total = loss.forward_scores(scores.clone(), &matches, Reduction::Sum);
            assert_close("cost", &values(&total), &[expected], 1e-6);
        }
    }
}

#[test]
fn a_caption_below_its_image_violates_no_order() {
    let device = device();
    let image = Tensor::<2>::from_floats([[0.5, 0.5, 0.7]], &device);
    let order = |caption: [f32; 3]| {
        let caption = Tensor::<2>::from_floats([caption], &device);
        values(&HingeSimilarity::OrderEmbedding.pairwise(image.clone(), caption))[0]
    };
    assert!(order([0.5, 0.5, 0.7]).abs() < 1e-6, "the image itself");
    // Unit vectors (0, 0, 1) and (.503, .503, .704): exceeds it by .296 in the last coordinate.
    assert_close("violated", &[order([0.0, 0.0, 1.0])], &[-(1.0 - 0.7 / 0.99f64.sqrt())], 1e-5);
    // Length and sign do not matter.
    assert_close("scaled", &[order([0.0, 0.0, -3.0])], &[order([0.0, 0.0, 1.0])], 1e-6);
}

// PCME++.

fn closed_form(alpha: f64, device: &Device) -> ClosedFormMatchLoss {
    ClosedFormMatchLossConfig::new().with_pseudo_positive_weight(alpha).init(device).unwrap()
}

#[test]
fn the_closed_form_loss_has_the_golden_values_of_the_specification() {
    let device = device();
    let logits = Tensor::<2>::from_floats([[1.0, 2.0], [-0.5, 0.5]], &device);
    let identity = MatchMatrix::identity(2, &device);
    let total = |alpha| scalar(closed_form(alpha, &device).forward_logits(logits.clone(), &identity, Reduction::Mean));
    assert_close("BCE mean", &[total(0.0) / 2.0], &[0.847086], 1e-6);
    assert_close("both terms with pseudo-positives", &[(total(1.0) - total(0.0)) / 2.0], &[0.347086], 1e-6);
    assert_close("total", &[total(0.1)], &[1.763589], 1e-6);
    for rule in [PseudoPositives::AnyBestMatch, PseudoPositives::FirstBestMatch] {
        let of_rows = rule.relabel(logits.clone(), identity.values());
        assert_eq!(values(&of_rows), [1.0, 1.0, 0.0, 1.0]);
        let of_columns = rule.relabel(logits.clone().transpose(), identity.values());
        assert_eq!(values(&of_columns), [1.0, 0.0, 1.0, 1.0]);
    }
}

#[test]
fn pseudo_positives_take_the_label_of_the_match_they_resemble() {
    let device = device();
    let logits = Tensor::<2>::from_floats([[1.0, 3.0, 2.0, 0.0], [1.0, 1.0, 0.5, 9.0]], &device);
    let targets = Tensor::<2>::from_floats([[0.75, 0.25, 0.75, 0.0], [0.0; 4]], &device);
    // Two best matches with the logits 1 and 2: any of them is the first here; where the first is the more similar one, they differ.
    let any = PseudoPositives::AnyBestMatch.relabel(logits.clone(), targets.clone());
    assert_eq!(values(&any), [0.75, 0.75, 0.75, 0.0, 0.0, 0.0, 0.0, 0.0], "a row without matches stays as it is");
    let first = PseudoPositives::FirstBestMatch.relabel(logits.clone().flip([1]), targets.clone().flip([1]));
    assert_eq!(values(&first)[..4], [0.0, 0.75, 0.75, 0.75], "threshold 2: the entry at 3 joins");
    let logits = Tensor::<2>::from_floats([[0.0, 1.5, 2.0, 1.0]], &device);
    let targets = Tensor::<2>::from_floats([[0.0, 0.0, 0.75, 0.75]], &device);
    let any = PseudoPositives::AnyBestMatch.relabel(logits.clone(), targets.clone());
    assert_eq!(values(&any), [0.0, 0.75, 0.75, 0.75]);
    let first = PseudoPositives::FirstBestMatch.relabel(logits, targets);
    assert_eq!(values(&first), [0.0, 0.0, 0.75, 0.75]);
}

#[test]
fn the_derivative_of_the_closed_form_distance_by_every_variance_is_one_and_of_wasserstein_at_equal_scales_zero() {
    let device = autodiff();
    for (distance, expected) in [(MatchDistance::Csd, 1.0), (MatchDistance::SquaredWasserstein2, 0.0)] {
        let mut draws = Draws::new(10);
        let log_var = (draws.tensor::<2>([1, 4], &device) * 0.5 - 1.0).detach().require_grad();
        let one = DiagNormal::new(draws.tensor([1, 4], &device), LogVar(log_var.clone()));
        let other = DiagNormal::new(draws.tensor([1, 4], &device), LogVar(log_var.clone().detach()));
        let gradients = distance.pairwise(&one, &other).sum().backward();
        let by_log_var = values(&log_var.grad(&gradients).unwrap());
        // d/dv = d/dlv / v.
        let by_variance: Vec<f64> = by_log_var.iter().zip(values(&log_var)).map(|(g, lv)| g / lv.exp()).collect();
        assert_close("d dist / d v", &by_variance, &[expected; 4], 1e-5);
    }
}

#[test]
fn matches_narrow_distributions_and_mismatches_widen_them() {
    let device = autodiff();
    let mut draws = Draws::new(11);
    let means = [draws.tensor::<2>([2, 4], &device), draws.tensor::<2>([2, 4], &device)];
    for (entry, sign) in [(1.0, 1.0), (0.0, -1.0)] {
        let log_var = Tensor::<2>::full([2, 4], -2.0, &device).require_grad();
        let rows = DiagNormal::new(means[0].clone(), LogVar(log_var.clone()));
        let columns = DiagNormal::new(means[1].clone(), LogVar(log_var.clone().detach()));
        let matches = MatchMatrix::from_tensor(Tensor::full([2, 2], entry, &device)).unwrap();
        let loss = ClosedFormMatchLossConfig::new().with_negative_scale(0.5).init(&device).unwrap();
        let gradients = loss.forward(&rows, &columns, &matches, Reduction::Mean).backward();
        assert!(values(&log_var.grad(&gradients).unwrap()).iter().all(|&gradient| gradient * sign > 0.0));
    }
}

#[test]
fn labels_are_built_without_gradient() {
    // At these logits relabelling is discontinuous; the gradient is that of the labels held fixed.
    let device = autodiff();
    let logits = Tensor::<2>::from_floats([[1.0, 2.0], [-0.5, 0.5]], &device).require_grad();
    let identity = MatchMatrix::identity(2, &device);
    let gradients = closed_form(0.1, &device).forward_logits(logits.clone(), &identity, Reduction::Sum).backward();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let targets = [1.0, 0.0, 0.0, 1.0];
    let relabelled = [2.0, 2.0, 0.0, 2.0]; // rows and columns together: both find the same pseudo-positive
    let expected: Vec<f64> = values(&logits)
        .into_iter()
        .enumerate()
        .map(|(place, l)| 2.0 * (sigmoid(l) - targets[place]) + 0.1 * (2.0 * sigmoid(l) - relabelled[place]))
        .collect();
    assert_close("gradient", &values(&logits.grad(&gradients).unwrap()), &expected, 1e-6);
}

#[test]
fn a_repeated_image_keeps_its_matches_when_samples_are_mixed() {
    let device = device();
    // Images 7, 8, 7, 9 with one caption each: the captions of both copies match both rows.
    let matches = MatchMatrix::from_ids(&[7, 8, 7, 9], &[7, 8, 7, 9], &device);
    let mixed = matches.mixed_with_reversed(&[0.75, 1.0, 1.0, 0.5]).unwrap();
    let expected = [
        [0.75, 0.0, 0.75, 0.25], // three quarters of image 7, one of image 9
        [0.0, 1.0, 0.0, 0.0],
        [1.0, 0.0, 1.0, 0.0],
        [0.5, 0.0, 0.5, 0.5],
    ];
    assert_close("mixed", &values(&mixed.values()), expected.as_flattened(), 1e-6);
    assert!(!mixed.is_hard() && matches.mixed_with_reversed(&[1.0; 4]).unwrap().is_hard());
    assert_close("smoothed", &values(&matches.smoothed(0.1).unwrap().values())[..2], &[0.9, 0.1], 1e-6);
    assert!(matches.smoothed(0.0).unwrap().is_hard());
    assert_eq!(matches.most_matches(), [2, 2]);
    assert_eq!(MatchMatrix::from_ids(&[1, 2], &[1, 1, 1], &device).transpose().most_matches(), [1, 3]);
}

// ProLIP.

#[test]
fn the_prolip_logit_of_unit_means_is_a_csd_logit_with_a_shifted_bias() {
    let (mut draws, device) = (Draws::new(12), device());
    let mut side = |items| {
        let mean: Tensor<2> = draws.tensor([items, 5], &device);
        let norm = mean.clone().square().sum_dim(1).sqrt();
        DiagNormal::new(mean / norm, LogVar(draws.tensor::<2>([items, 5], &device) - 3.0))
    };
    let (rows, columns) = (side(3), side(4));
    let logits = ProLipLossConfig::new().init(&device).unwrap().logits(&rows, &columns);
    // -s/2 CSD + (b + s) with s = 10 and b = -10.
    let expected = Csd.pairwise(&rows, &columns) * -5.0;
    assert_close("logits", &values(&logits), &values(&expected), 1e-5);
}

#[test]
fn learnt_scalars_outside_their_bounds_have_the_value_of_the_bound_and_a_gradient() {
    let device = autodiff();
    let mut draws = Draws::new(13);
    let (rows, columns) = (draws.distributions(3, 4, &device), draws.distributions(3, 4, &device));
    let identity = MatchMatrix::identity(3, &device);
    let at = |scale: f64| ProLipLossConfig::new().with_logit_scale(scale).init(&device).unwrap();
    assert_close("s", &values(&at(250.0).logits(&rows, &columns)), &values(&at(100.0).logits(&rows, &columns)), 1e-5);
    let loss = at(250.0);
    let gradients = loss.forward(&rows, &columns, &identity, Reduction::Auto).backward();
    assert_ne!(values(&loss.log_scale.val().grad(&gradients).unwrap()), [0.0]);

    // A temperature that an optimiser drove below zero.
    let mut loss = W2InfoNceLossConfig::new().init(&device).unwrap();
    loss.temperature = burn::module::Param::from_data([-0.2], &device);
    let total = loss.forward(&rows, &columns, &identity, Reduction::Auto);
    let bound = W2InfoNceLossConfig::new().with_temperature(1e-3).init(&device).unwrap();
    assert_close("bound", &values(&total), &values(&bound.forward(&rows, &columns, &identity, Reduction::Auto)), 1e-5);
    assert_ne!(values(&loss.temperature.val().grad(&total.backward()).unwrap()), [0.0]);
}

#[test]
fn a_narrow_distribution_lies_in_a_wide_one_and_not_the_other_way_round() {
    let device = device();
    let mean = Draws::new(14).tensor::<2>([5, 3], &device) * 0.1;
    let narrow = DiagNormal::new(mean.clone(), LogVar(mean.full_like(-4.0)));
    let wide = DiagNormal::new(mean.zeros_like(), LogVar(mean.zeros_like()));
    for form in [InclusionForm::Exact, InclusionForm::ProLipCode(-10.0)] {
        let loss = InclusionLossConfig::new().with_scale(10.0).with_form(form).init().unwrap();
        let (inside, outside) = (loss.logits(&narrow, &wide), loss.logits(&wide, &narrow));
        assert!(values(&inside).iter().all(|&logit| logit > 0.0));
        assert_close("antisymmetric", &values(&inside), &values(&-outside), 1e-5);
        let right = scalar(loss.forward(&narrow, &wide, Reduction::Mean));
        let wrong = scalar(loss.forward(&wide, &narrow, Reduction::Mean));
        assert!(right < 0.1 && wrong > 1.0, "{right} and {wrong}");
        let equal = loss.forward(&wide, &wide, Reduction::Mean);
        assert_close("equal", &values(&equal), &[2f64.ln()], 1e-6);
    }
}

#[test]
fn the_inclusion_measure_is_the_logarithm_of_its_integral() {
    // One dimension, by the trapezoid rule on a grid.
    let device = device();
    let normal = |mean: f32, log_var: f32| {
        DiagNormal::new(Tensor::from_floats([[mean]], &device), LogVar(Tensor::from_floats([[log_var]], &device)))
    };
    let density = |z: f64, mean: f64, lv: f64| {
        (-0.5 * (z - mean).powi(2) / lv.exp()).exp() / (std::f64::consts::TAU * lv.exp()).sqrt()
    };
    let ((m1, lv1), (m2, lv2)) = ((0.3, -1.0), (-0.4, 0.5));
    let measure = |(m1, lv1), (m2, lv2)| {
        let step = 1e-3;
        let sum: f64 = (-10_000..=10_000)
            .map(|place| f64::from(place) * step)
            .map(|z| density(z, m1, lv1).powi(2) * density(z, m2, lv2))
            .sum();
        (sum * step).ln()
    };
    let expected = measure((m1, lv1), (m2, lv2)) - measure((m2, lv2), (m1, lv1));
    let loss = InclusionLossConfig::new().init().unwrap();
    let found = loss.logits(&normal(m1 as f32, lv1 as f32), &normal(m2 as f32, lv2 as f32));
    assert_close("H(1 in 2) - H(2 in 1)", &values(&found), &[expected], 1e-5);
}

// MAP.

#[test]
fn the_shift_of_the_wasserstein_loss_cancels() {
    let (mut draws, device) = (Draws::new(15), device());
    let (rows, columns) = (draws.distributions(4, 3, &device), draws.distributions(4, 3, &device));
    let identity = MatchMatrix::identity(4, &device);
    let at = |shift: f64| {
        let loss = W2InfoNceLossConfig::new().with_shift(shift).init(&device).unwrap();
        scalar(loss.forward(&rows, &columns, &identity, Reduction::Mean))
    };
    assert_close("loss", &[at(4.0)], &[at(-1.0)], 1e-5);
}

#[test]
fn an_embedding_above_the_entropy_floor_costs_nothing_and_has_no_gradient() {
    let device = autodiff();
    for form in [EntropyForm::Exact, EntropyForm::MapCode] {
        let log_std = Tensor::<2>::from_floats([[0.0, 0.0], [-3.0, -1.0]], &device).require_grad();
        let embedding = DiagNormal::new(log_std.zeros_like(), LogStd(log_std.clone()));
        // The first has entropy ln 2 pi + 1 = 2.838 in both forms.
        let loss = EntropyFloorConfig::new().with_floor(2.8).with_form(form).init().unwrap();
        let items = loss.forward_no_reduction(&embedding);
        let pull = if form == EntropyForm::Exact { 1.0 } else { 0.5 };
        let expected = [0.0, 2.8 - (std::f64::consts::TAU.ln() + 1.0 - 4.0 * pull)];
        assert_close("items", &values(&items), &expected, 1e-5);
        let gradients = loss.forward(&embedding, Reduction::Sum).backward();
        assert_eq!(values(&log_std.grad(&gradients).unwrap()), [0.0, 0.0, -pull, -pull]);
    }
}

// Priors.

#[test]
fn the_prior_of_pcmepp_is_the_exact_one_over_the_dimensions_and_both_codes_skip_explosions() {
    let device = autodiff();
    let posterior = Draws::new(16).distributions(5, 4, &device);
    let exact = values(&PriorKl::Exact.forward_no_reduction(&posterior, None));
    let code = values(&PriorKl::PcmeppCode.forward_no_reduction(&posterior, None));
    assert_close("over D", &code, &exact.iter().map(|kl| kl / 4.0).collect::<Vec<_>>(), 1e-5);
    // PCME's form with the mean in place of the sample mean.
    let v1 = values(&PriorKl::PcmeV1Code.forward_no_reduction(&posterior, None));
    let prolip = values(&PriorKl::ProLipCode.forward_no_reduction(&posterior, None));
    assert_close("ProLIP", &prolip, &v1.iter().map(|kl| kl / 4.0).collect::<Vec<_>>(), 1e-5);
    for form in [PriorKl::PcmeppCode, PriorKl::ProLipCode] {
        for (mean, counts) in [(130.0, true), (150.0, false), (1e20, false)] {
            // 1/2 mean^2 is 8,450 and 11,250.
            let mean = Tensor::<2>::full([2, 3], mean, &device).require_grad();
            for reduction in [Reduction::Auto, Reduction::Sum] {
                let loss = form.forward(&standard_normal(mean.clone()), None, reduction);
                let gradient = values(&mean.grad(&loss.backward()).unwrap());
                assert_all_finite("gradient", &gradient);
                assert_eq!(scalar(loss) > 0.0, counts);
                assert_eq!(gradient.iter().all(|&value| value != 0.0), counts);
            }
        }
    }
}

// Faults.

#[test]
fn invalid_configurations_name_the_argument() {
    let device = device();
    let errors = [
        HingeLossConfig::new().with_margin(-0.1).init().map(drop),
        HingeLossConfig::new().with_margin(f64::NAN).init().map(drop),
        MultiInstanceHingeLossConfig::new().with_similarity(BagSimilarity::LogSumExp(0.0)).init().map(drop),
        MultiInstanceHingeLossConfig::new().with_margin(f64::INFINITY).init().map(drop),
        MmdLossConfig::new().with_gamma(0.0).init().map(drop),
        ClosedFormMatchLossConfig::new().with_shift(f64::NAN).init(&device).map(drop),
        ClosedFormMatchLossConfig::new().with_pseudo_positive_weight(-1.0).init(&device).map(drop),
        ProLipLossConfig::new().with_logit_scale(0.0).init(&device).map(drop),
        ProLipLossConfig::new().with_logit_bias(f64::INFINITY).init(&device).map(drop),
        InclusionLossConfig::new().with_scale(-1.0).init().map(drop),
        InclusionLossConfig::new().with_form(InclusionForm::ProLipCode(f64::NAN)).init().map(drop),
        W2InfoNceLossConfig::new().with_temperature(0.0).init(&device).map(drop),
        EntropyFloorConfig::new().with_floor(f64::NAN).init().map(drop),
        PairMatchLossConfig::new().with_logit_gain(3).init(&device).map(drop),
        DiagNormalMixture::uniform(Vec::new()).map(drop),
    ];
    let expected = [
        "margin",
        "margin",
        "sharpness",
        "margin",
        "gamma",
        "shift",
        "pseudo_positive_weight",
        "logit_scale",
        "logit_bias",
        "scale",
        "form",
        "temperature",
        "floor",
        "logit_gain",
        "components",
    ];
    for (error, expected) in errors.into_iter().zip(expected) {
        match error.unwrap_err() {
            CoreError::Argument { argument, .. } => assert_eq!(argument, expected),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn impossible_mixtures_of_targets_name_the_place() {
    let matches = MatchMatrix::identity(3, &device());
    let message = |result: Result<MatchMatrix, CoreError>| result.unwrap_err().to_string();
    assert!(message(matches.mixed(&[1.0, 1.5, 1.0], &[0, 1, 2])).contains("1.5 at row 1"));
    assert!(message(matches.mixed(&[1.0, f32::NAN, 1.0], &[0, 1, 2])).contains("NaN at row 1"));
    assert!(message(matches.mixed(&[1.0; 3], &[0, 1, 3])).contains("3 at row 2"));
    assert!(message(matches.mixed(&[1.0; 2], &[0, 1, 2])).contains("2 shares and 3 partners"));
    assert!(message(matches.smoothed(0.5)).contains("epsilon = 0.5"));
}

#[test]
fn configurations_survive_being_written_and_read() {
    fn survives<C: burn::config::Config + std::fmt::Debug>(config: &C) {
        let text = serde_json::to_string(config).unwrap();
        let read: C = serde_json::from_str(&text).unwrap();
        assert_eq!(format!("{read:?}"), format!("{config:?}"), "{text}");
    }
    survives(
        &HingeLossConfig::new().with_similarity(HingeSimilarity::OrderEmbedding).with_negatives(HingeNegatives::All),
    );
    survives(&MultiInstanceHingeLossConfig::new().with_similarity(BagSimilarity::SmoothChamfer(16.0)));
    survives(&ClosedFormMatchLossConfig::new().with_distance(MatchDistance::SquaredWasserstein2));
    survives(&InclusionLossConfig::new().with_form(InclusionForm::ProLipCode(-100.0)));
    survives(&EntropyFloorConfig::new().with_form(EntropyForm::MapCode));
}

#[test]
fn learnt_scalars_are_parameters_and_nothing_else_is() {
    let device = device();
    assert_eq!(ClosedFormMatchLossConfig::new().init(&device).unwrap().num_params(), 2);
    assert_eq!(ProLipLossConfig::new().init(&device).unwrap().num_params(), 2);
    assert_eq!(W2InfoNceLossConfig::new().init(&device).unwrap().num_params(), 1);
    assert_eq!(PairMatchLossConfig::new().init(&device).unwrap().num_params(), 2);
    assert_eq!(HingeLossConfig::new().init().unwrap().num_params(), 0);
    assert_eq!(MultiInstanceHingeLossConfig::new().init().unwrap().num_params(), 0);
}

#[test]
#[should_panic(expected = "axis 0 expected 3, got 2")]
fn embeddings_that_do_not_fit_the_match_matrix_are_a_broken_contract() {
    let zeros = |items| Tensor::<2>::zeros([items, 4], &device());
    let loss = HingeLossConfig::new().init().unwrap();
    loss.forward(zeros(2), zeros(3), &MatchMatrix::identity(3, &device()), Reduction::Sum);
}
