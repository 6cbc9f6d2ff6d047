//! The losses: PyTorch's values and gradients, goldens, slow oracles, laws, faults.

mod common;

use burn::{
    module::Module,
    nn::loss::Reduction,
    tensor::{Device, Int, Tensor},
};
use common::{Draws, assert_all_finite, assert_close, autodiff, device, numbers, pcme_loss, scalar, tensor, values};
use halation_core::{
    CoreError,
    dist::{DiagNormal, LogStd},
    divergence::{Divergence, MatchProbability, SampleNoise},
    loss::*,
};
use proptest::prelude::*;

fn soft_contrastive(a: f64, b: f64, gain: u32, device: &Device) -> SoftContrastiveLoss {
    let config = SoftContrastiveLossConfig::new().with_negative_scale(a).with_shift(b).with_logit_gain(gain);
    config.init(device).unwrap()
}

#[test]
fn the_soft_contrastive_loss_and_all_its_gradients_agree_with_pytorch() {
    let (golden, device) = (pcme_loss(), autodiff());
    for case in golden["soft_contrastive"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let number = |key: &str| case[key].as_f64().unwrap();
        let gain = case["logit_gain"].as_u64().unwrap() as u32;
        let loss = soft_contrastive(number("negative_scale"), number("shift"), gain, &device);
        let rows = tensor::<3>(&case["rows"], &device).require_grad();
        let columns = tensor::<3>(&case["columns"], &device).require_grad();
        let matches = MatchMatrix::from_tensor(tensor(&case["matches"], &device)).unwrap();

        let nll = loss.forward_no_reduction(rows.clone(), columns.clone(), &matches);
        assert_close(&format!("{name}: nll"), &values(&nll), &numbers(&case["nll"]), 1e-5);
        let total = loss.forward(rows.clone(), columns.clone(), &matches, Reduction::Sum);
        assert_close(&format!("{name}: loss"), &values(&total), &[number("loss")], 1e-5);

        let gradients = total.backward();
        let gradient = |of: &Tensor<1>| values(&of.grad(&gradients).unwrap());
        let samples = |of: &Tensor<3>| values(&of.grad(&gradients).unwrap());
        assert_close(&format!("{name}: d rows"), &samples(&rows), &numbers(&case["grad_rows"]), 1e-5);
        assert_close(&format!("{name}: d columns"), &samples(&columns), &numbers(&case["grad_columns"]), 1e-5);
        let (a, b) = (gradient(&loss.negative_scale.val()), gradient(&loss.shift.val()));
        assert_close(&format!("{name}: d a"), &a, &[number("grad_negative_scale")], 1e-5);
        assert_close(&format!("{name}: d b"), &b, &[number("grad_shift")], 1e-5);
    }
}

#[test]
fn info_nce_and_all_its_gradients_agree_with_pytorch() {
    let (golden, device) = (&pcme_loss()["info_nce"], autodiff());
    let loss =
        InfoNceLossConfig::new().with_logit_scale(golden["logit_scale"].as_f64().unwrap()).init(&device).unwrap();
    let rows = tensor::<2>(&golden["rows"], &device).require_grad();
    let columns = tensor::<2>(&golden["columns"], &device).require_grad();
    let matches = MatchMatrix::from_tensor(tensor(&golden["matches"], &device)).unwrap();
    let total = loss.forward(rows.clone(), columns.clone(), &matches, Reduction::Mean);
    assert_close("loss", &values(&total), &[golden["loss"].as_f64().unwrap()], 1e-5);
    let gradients = total.backward();
    let gradient = |of: &Tensor<2>| values(&of.grad(&gradients).unwrap());
    assert_close("d rows", &gradient(&rows), &numbers(&golden["grad_rows"]), 1e-5);
    assert_close("d columns", &gradient(&columns), &numbers(&golden["grad_columns"]), 1e-5);
    let scale = values(&loss.logit_scale.val().grad(&gradients).unwrap());
    assert_close("d tau", &scale, &[golden["grad_logit_scale"].as_f64().unwrap()], 1e-5);
}

#[test]
fn uniformity_and_its_gradient_agree_with_pytorch() {
    let (golden, device) = (&pcme_loss()["uniformity"], autodiff());
    let rows = tensor::<2>(&golden["rows"], &device).require_grad();
    let loss = UniformityLossConfig::new().init().forward(rows.clone());
    assert_close("loss", &values(&loss), &[golden["loss"].as_f64().unwrap()], 1e-5);
    let gradients = loss.backward();
    assert_close("d rows", &values(&rows.grad(&gradients).unwrap()), &numbers(&golden["grad_rows"]), 1e-5);
}

/// The loss of one pair from its logits by the definition, without any log-sum-exp.
fn slow_nll(logits: &[f64], matches: f64) -> f64 {
    let mean = |sign: f64| logits.iter().map(|l| 1.0 / (1.0 + (-sign * l).exp())).sum::<f64>() / logits.len() as f64;
    -matches * mean(1.0).ln() - (1.0 - matches) * mean(-1.0).ln()
}

#[test]
fn the_slow_loss_has_the_golden_values_of_the_specification() {
    let doubled = [0.6, -0.4, 2.2, 1.4];
    assert_close("match", &[slow_nll(&doubled, 1.0)], &[0.374911], 1e-5);
    assert_close("mismatch", &[slow_nll(&doubled, 0.0)], &[1.162673], 1e-5);
}

#[test]
fn a_pair_with_the_golden_logits_has_the_golden_loss() {
    // s = (.3, -.2, 1.1, .7) of the specification as one sample against four, at the distances 2 - s.
    let device = device();
    let rows = Tensor::<3>::zeros([1, 1, 1], &device);
    let columns = Tensor::<3>::from_floats([[[1.7], [2.2], [0.9], [1.3]]], &device);
    let loss = soft_contrastive(1.0, 2.0, 2, &device);
    for (matches, expected) in [(vec![vec![true]], 0.374911), (vec![vec![false]], 1.162673)] {
        let matches = MatchMatrix::from_rows(&matches, &device).unwrap();
        let nll = loss.forward_no_reduction(rows.clone(), columns.clone(), &matches);
        assert_close("nll", &values(&nll), &[expected], 1e-5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_soft_contrastive_loss_equals_its_definition_in_loops(
        seed in 0u64..1_000_000, n in 1usize..4, m in 1usize..4, j in 1usize..4, k in 1usize..4,
        a in 0.1f64..5.0, b in -2.0f64..5.0, gain in 1u32..=2, soft in any::<bool>(),
    ) {
        let (device, dims) = (device(), 3);
        let mut draws = Draws::new(seed);
        let (rows, columns) = (draws.tensor::<3>([n, j, dims], &device), draws.tensor::<3>([m, k, dims], &device));
        let targets = draws.tensor::<2>([n, m], &device);
        let targets = if soft { targets.abs().clamp(0.0, 1.0) } else { targets.greater_scalar(0.0).float() };
        let matches = MatchMatrix::from_tensor(targets.clone()).unwrap();
        let fast = soft_contrastive(a, b, gain, &device).forward_no_reduction(rows.clone(), columns.clone(), &matches);

        let (x, y, t) = (values(&rows), values(&columns), values(&targets));
        let mut expected = Vec::new();
        for i in 0..n {
            for c in 0..m {
                let mut logits = Vec::new();
                for p in 0..j {
                    for q in 0..k {
                        let (x, y) = (&x[(i * j + p) * dims..][..dims], &y[(c * k + q) * dims..][..dims]);
                        let squared: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
                        logits.push(f64::from(gain) * (b - a * (squared + 1e-6).sqrt()));
                    }
                }
                expected.push(slow_nll(&logits, t[i * m + c]));
            }
        }
        // Logits of up to 50 carry 3e-6 each.
        assert_close("nll", &values(&fast), &expected, 2e-5);
    }

    #[test]
    fn swapping_the_modalities_transposes_the_loss(seed in 0u64..1_000_000, n in 1usize..5, m in 1usize..5) {
        let (mut draws, device) = (Draws::new(seed), device());
        let (rows, columns) = (draws.tensor::<3>([n, 2, 4], &device), draws.tensor::<3>([m, 3, 4], &device));
        let matches = MatchMatrix::from_tensor(draws.tensor::<2>([n, m], &device).abs().clamp(0.0, 1.0)).unwrap();
        let loss = soft_contrastive(5.0, 5.0, 2, &device);
        let forth = loss.forward_no_reduction(rows.clone(), columns.clone(), &matches);
        let back = loss.forward_no_reduction(columns, rows, &matches.transpose()).transpose();
        assert_close("nll", &values(&forth), &values(&back), 1e-5);
    }
}

#[test]
fn a_soft_matrix_of_zeros_and_ones_gives_what_the_hard_one_gives() {
    let (mut draws, device) = (Draws::new(3), device());
    let (rows, columns) = (draws.tensor::<3>([4, 3, 5], &device), draws.tensor::<3>([4, 3, 5], &device));
    let hard = MatchMatrix::identity(4, &device);
    let nearly = hard.values().clamp(1e-7, 1.0);
    let soft = MatchMatrix::from_tensor(nearly).unwrap();
    assert!(hard.is_hard() && !soft.is_hard());
    let loss = soft_contrastive(5.0, 5.0, 2, &device);
    let of_hard = loss.forward_no_reduction(rows.clone(), columns.clone(), &hard);
    let of_soft = loss.forward_no_reduction(rows, columns, &soft);
    // 1e-7 of a negative log-likelihood of up to 50.
    assert_close("nll", &values(&of_soft), &values(&of_hard), 1e-5);
}

#[test]
fn reductions_of_the_soft_contrastive_loss_are_as_documented() {
    let (mut draws, device) = (Draws::new(4), device());
    let (rows, columns) = (draws.tensor::<3>([3, 2, 4], &device), draws.tensor::<3>([5, 2, 4], &device));
    let matches = MatchMatrix::from_ids(&[1, 2, 3], &[1, 1, 2, 3, 4], &device);
    let loss = soft_contrastive(5.0, 5.0, 2, &device);
    let sum: f64 = values(&loss.forward_no_reduction(rows.clone(), columns.clone(), &matches)).iter().sum();
    let reduced = |reduction| scalar(loss.forward(rows.clone(), columns.clone(), &matches, reduction));
    assert_close("sum", &[reduced(Reduction::Sum)], &[2.0 * sum], 1e-5);
    assert_close("auto", &[reduced(Reduction::Auto)], &[2.0 * sum], 1e-5);
    assert_close("mean", &[reduced(Reduction::Mean)], &[sum / 15.0], 1e-5);
    assert_close("batch mean", &[reduced(Reduction::BatchMean)], &[2.0 * sum / 3.0], 1e-5);
}

#[test]
fn tiles_change_neither_the_loss_nor_its_gradient() {
    // 80 x 80 items with 60 x 60 samples are 23 million logits: two tiles.
    let (mut draws, device) = (Draws::new(5), autodiff());
    let rows = draws.tensor::<3>([80, 60, 2], &device).require_grad();
    let columns = draws.tensor::<3>([80, 60, 2], &device);
    let matches = MatchMatrix::identity(80, &device);
    let loss = soft_contrastive(1.0, 1.0, 1, &device);
    let whole = loss.forward(rows.clone(), columns.clone(), &matches, Reduction::Mean);
    let gradients = whole.backward();
    let gradient = values(&rows.grad(&gradients).unwrap());

    // The last row item alone is a single tile.
    let last = rows.clone().slice([79..80, 0..60, 0..2]).detach().require_grad();
    let targets = MatchMatrix::from_tensor(matches.values().slice([79..80, 0..80])).unwrap();
    let alone = loss.forward_no_reduction(last.clone(), columns, &targets);
    let gradients = (alone.sum() / 6400.0).backward();
    let expected = values(&last.grad(&gradients).unwrap());
    // Gradients are about 1e-5; compare them at their own size.
    let scaled = |list: &[f64]| list.iter().map(|value| value * 1e5).collect::<Vec<_>>();
    assert_close("gradient", &scaled(&gradient[79 * 120..]), &scaled(&expected), 1e-3);
}

#[test]
fn a_batch_of_only_negatives_or_only_positives_has_the_gradient_of_these_alone() {
    let device = autodiff();
    for matching in [false, true] {
        let mut draws = Draws::new(6);
        let rows = draws.tensor::<3>([3, 2, 4], &device).require_grad();
        let columns = draws.tensor::<3>([3, 2, 4], &device);
        let matches = MatchMatrix::from_rows(&[[matching; 3]; 3].map(Vec::from), &device).unwrap();
        let loss = soft_contrastive(1.0, 1.0, 2, &device).forward(rows.clone(), columns, &matches, Reduction::Sum);
        let gradient = values(&rows.grad(&loss.backward()).unwrap());
        assert_all_finite("gradient", &gradient);
        assert!(gradient.iter().any(|&value| value != 0.0));
    }
}

#[test]
fn an_empty_batch_gives_zero_loss_and_zero_gradient() {
    let device = autodiff();
    let rows = Draws::new(7).tensor::<3>([2, 2, 3], &device).require_grad();
    let columns = Tensor::<3>::zeros([0, 2, 3], &device);
    let matches = MatchMatrix::from_ids::<u32>(&[1, 2], &[], &device);
    let loss = soft_contrastive(5.0, 5.0, 2, &device).forward(rows.clone(), columns, &matches, Reduction::Sum);
    assert_eq!(scalar(loss.clone()), 0.0);
    assert_eq!(values(&rows.grad(&loss.backward()).unwrap()), [0.0; 12]);
}

#[test]
fn the_soft_contrastive_loss_is_finite_with_finite_gradients_for_degenerate_embeddings() {
    let device = autodiff();
    let ordinary = Draws::new(8).tensor::<3>([3, 2, 4], &device);
    for (name, samples) in [
        ("all zero", ordinary.zeros_like()),
        ("all equal", ordinary.ones_like()),
        ("norm 1e20", ordinary.clone() * 1e20),
        ("all 1e20", ordinary.ones_like() * 1e20),
        ("norm 1e-20", ordinary.clone() * 1e-20),
    ] {
        for matches in
            [MatchMatrix::identity(3, &device), MatchMatrix::from_tensor(Tensor::full([3, 3], 0.5, &device)).unwrap()]
        {
            let samples = samples.clone().detach().require_grad();
            let loss = soft_contrastive(15.0, 15.0, 2, &device);
            let total = loss.forward(samples.clone(), samples.clone(), &matches, Reduction::Sum);
            assert_all_finite(name, &values(&total));
            let gradients = total.backward();
            assert_all_finite(name, &values(&samples.grad(&gradients).unwrap()));
            assert_all_finite(name, &values(&loss.negative_scale.val().grad(&gradients).unwrap()));
        }
    }
}

#[test]
fn a_hundred_times_overconfident_scale_keeps_value_and_gradient_finite() {
    let device = autodiff();
    let rows = Draws::new(9).tensor::<3>([3, 2, 4], &device).require_grad();
    let columns = Draws::new(10).tensor::<3>([3, 2, 4], &device);
    let loss = soft_contrastive(1500.0, -1500.0, 2, &device);
    let total = loss.forward(rows.clone(), columns, &MatchMatrix::identity(3, &device), Reduction::Sum);
    assert_all_finite("loss", &values(&total));
    assert_all_finite("gradient", &values(&rows.grad(&total.backward()).unwrap()));
}

#[test]
fn a_point_embedding_is_one_sample_of_a_distribution_without_width() {
    let (mut draws, device) = (Draws::new(11), device());
    let (one, two) = (draws.tensor::<2>([4, 5], &device), draws.tensor::<2>([4, 5], &device));
    let matches = MatchMatrix::identity(4, &device);
    let loss = soft_contrastive(5.0, 5.0, 2, &device);
    let points = loss.forward(one.clone().unsqueeze_dim(1), two.clone().unsqueeze_dim(1), &matches, Reduction::Mean);
    let narrow = |mean: Tensor<2>| DiagNormal::new(mean.clone(), LogStd(mean.full_like(-40.0)));
    let noise = draws.tensor::<3>([4, 7, 5], &device);
    let sampled =
        loss.forward(narrow(one).rsample(noise.clone()), narrow(two).rsample(noise), &matches, Reduction::Mean);
    assert_close("loss", &values(&points), &values(&sampled), 1e-5);
}

#[test]
fn the_loss_of_a_match_is_the_negated_match_probability_that_ranks() {
    let (mut draws, device) = (Draws::new(12), device());
    let (one, two) = (draws.distributions(3, 4, &device), draws.distributions(5, 4, &device));
    let (noise1, noise2) = (draws.tensor::<2>([6, 4], &device), draws.tensor::<2>([6, 4], &device));
    let loss = soft_contrastive(2.0, 3.0, 2, &device);
    let matches = MatchMatrix::from_rows(&[[true; 5]; 3].map(Vec::from), &device).unwrap();
    let (rows, columns) = (one.rsample(noise1.clone().unsqueeze_dim(0)), two.rsample(noise2.clone().unsqueeze_dim(0)));
    let nll = loss.forward_no_reduction(rows, columns, &matches);
    let measure = MatchProbability::new(loss.match_function(), SampleNoise::new(noise1, noise2).unwrap());
    assert_close("-ln p", &values(&-measure.pairwise(&one, &two)), &values(&nll), 1e-5);
}

#[test]
fn invalid_configurations_are_typed_errors() {
    let gain = SoftContrastiveLossConfig::new().with_logit_gain(3).init(&device()).unwrap_err();
    assert!(matches!(gain, CoreError::Argument { argument: "logit_gain", .. }), "{gain}");
    assert!(gain.to_string().contains("logit_gain = 3: expected 1"), "{gain}");
    assert!(SoftContrastiveLossConfig::new().with_shift(f64::NAN).init(&device()).is_err());
    assert!(InfoNceLossConfig::new().with_logit_scale(f64::INFINITY).init(&device()).is_err());
}

#[test]
fn the_learnable_scalars_are_parameters_of_the_modules() {
    assert_eq!(soft_contrastive(5.0, 5.0, 2, &device()).num_params(), 2);
    assert_eq!(InfoNceLossConfig::new().init(&device()).unwrap().num_params(), 1);
    let learnt = soft_contrastive(5.0, 4.0, 1, &device()).match_function();
    assert_eq!((learnt.negative_scale(), learnt.shift(), learnt.logit_gain()), (5.0, 4.0, 1));
}

#[test]
#[should_panic(expected = "axis 0 expected 3, got 2")]
fn samples_that_do_not_fit_the_match_matrix_are_a_broken_contract() {
    let zeros = |items| Tensor::<3>::zeros([items, 2, 4], &device());
    soft_contrastive(5.0, 5.0, 2, &device()).forward(
        zeros(2),
        zeros(3),
        &MatchMatrix::identity(3, &device()),
        Reduction::Sum,
    );
}

#[test]
fn match_matrices_say_who_matches_whom() {
    let device = device();
    let identity = MatchMatrix::identity(2, &device);
    assert_eq!(values(&identity.values()), [1.0, 0.0, 0.0, 1.0]);
    // Two captions of image 7 in a batch are positives of both its rows.
    let ids = MatchMatrix::from_ids(&["7", "9", "7"], &["7", "9"], &device);
    assert_eq!(values(&ids.values()), [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(ids.transpose().dims(), [2, 3]);
    let rows = MatchMatrix::from_rows(&[vec![true, false, true]], &device).unwrap();
    assert_eq!(values(&rows.values()), [1.0, 0.0, 1.0]);
    let soft = MatchMatrix::from_tensor(Tensor::from_floats([[0.0, 0.5]], &device)).unwrap();
    assert!(!soft.is_hard() && identity.is_hard() && ids.is_hard() && rows.is_hard());
    assert!(MatchMatrix::from_tensor(Tensor::from_floats([[0.0, 1.0]], &device)).unwrap().is_hard());
}

#[test]
fn malformed_match_matrices_are_errors_that_name_the_place() {
    let device = device();
    let ragged = MatchMatrix::from_rows(&[vec![true, false], vec![true]], &device).unwrap_err();
    assert!(ragged.to_string().contains("row 1 has 1 entries"), "{ragged}");
    for (bad, place) in [(1.5, "row 1, column 0"), (-0.1, "row 1, column 0"), (f32::NAN, "row 1, column 0")] {
        let error = MatchMatrix::from_tensor(Tensor::from_floats([[0.0, 1.0], [bad, 0.0]], &device)).unwrap_err();
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn a_batch_without_positives_gives_zero_info_nce_and_zero_gradient() {
    let device = autodiff();
    let rows = Draws::new(13).tensor::<2>([3, 4], &device).require_grad();
    let columns = Draws::new(14).tensor::<2>([3, 4], &device);
    let none = MatchMatrix::from_rows(&[[false; 3]; 3].map(Vec::from), &device).unwrap();
    let loss = InfoNceLossConfig::new().init(&device).unwrap().forward(rows.clone(), columns, &none, Reduction::Mean);
    assert_eq!(scalar(loss.clone()), 0.0);
    assert_eq!(values(&rows.grad(&loss.backward()).unwrap()), [0.0; 12]);
}

#[test]
fn one_row_without_positives_adds_nothing_to_info_nce() {
    let (mut draws, device) = (Draws::new(15), device());
    let (rows, columns) = (draws.tensor::<2>([3, 4], &device), draws.tensor::<2>([3, 4], &device));
    let loss = InfoNceLossConfig::new().with_logit_scale(4.0).init(&device).unwrap();
    let matches = MatchMatrix::from_ids(&[0, 9, 2], &[0, 1, 2], &device);
    let (by_row, by_column) = loss.forward_no_reduction(rows, columns, &matches);
    let (by_row, by_column) = (values(&by_row), values(&by_column));
    assert_eq!((by_row[1], by_column[1]), (0.0, 0.0));
    assert!([by_row[0], by_row[2], by_column[0], by_column[2]].iter().all(|&value| value > 0.0));
}

#[test]
fn info_nce_reductions_are_as_documented() {
    let (mut draws, device) = (Draws::new(16), device());
    let (rows, columns) = (draws.tensor::<2>([3, 4], &device), draws.tensor::<2>([5, 4], &device));
    let matches = MatchMatrix::from_ids(&[0, 1, 2], &[0, 1, 2, 2, 0], &device);
    let loss = InfoNceLossConfig::new().init(&device).unwrap();
    let (by_row, by_column) = loss.forward_no_reduction(rows.clone(), columns.clone(), &matches);
    let (row_sum, column_sum) = (values(&by_row).iter().sum::<f64>(), values(&by_column).iter().sum::<f64>());
    let reduced = |reduction| scalar(loss.forward(rows.clone(), columns.clone(), &matches, reduction));
    assert_close("mean", &[reduced(Reduction::Mean)], &[row_sum / 6.0 + column_sum / 10.0], 1e-5);
    assert_close("auto", &[reduced(Reduction::Auto)], &[row_sum / 6.0 + column_sum / 10.0], 1e-5);
    assert_close("sum", &[reduced(Reduction::Sum)], &[(row_sum + column_sum) / 2.0], 1e-5);
    assert_close("batch mean", &[reduced(Reduction::BatchMean)], &[(row_sum + column_sum) / 6.0], 1e-5);
}

#[test]
fn info_nce_ignores_the_length_of_embeddings_from_1e_minus_10_to_1e20() {
    let device = autodiff();
    let base = Draws::new(17).tensor::<2>([3, 4], &device);
    let matches = MatchMatrix::identity(3, &device);
    let loss = InfoNceLossConfig::new().with_logit_scale(5.0).init(&device).unwrap();
    let columns = Draws::new(18).tensor::<2>([3, 4], &device);
    let expected = scalar(loss.forward(base.clone(), columns.clone(), &matches, Reduction::Mean));
    for length in [1e-10, 1.0, 1e20] {
        let rows = (base.clone() * length).detach().require_grad();
        let total = loss.forward(rows.clone(), columns.clone(), &matches, Reduction::Mean);
        assert_close(&format!("length {length:e}"), &values(&total), &[expected], 1e-5);
        assert_all_finite("gradient", &values(&rows.grad(&total.backward()).unwrap()));
    }
    let zeros = Tensor::<2>::zeros([3, 4], &device).require_grad();
    let total = loss.forward(zeros.clone(), columns, &matches, Reduction::Mean);
    assert_close("all zero: a uniform guess", &values(&total), &[3f64.ln()], 1e-5);
    assert_all_finite("gradient", &values(&zeros.grad(&total.backward()).unwrap()));
}

#[test]
fn the_prior_divergence_has_its_golden_values_in_both_forms() {
    let mean = Tensor::<2>::from_floats([[0.6, 0.8]], &device());
    let posterior = DiagNormal::new(mean.clone(), LogStd(Tensor::from_floats([[-1.0, -0.5]], &device())));
    let exact = PriorKl::Exact.forward(&posterior, None, Reduction::Sum);
    assert_close("exact", &values(&exact), &[1.251607], 1e-5);
    let code = PriorKl::PcmeV1Code.forward(&posterior, None, Reduction::Sum);
    assert_close("PCME's code", &values(&code), &[0.737205], 1e-5);
    let samples = Tensor::<3>::from_floats([[[0.5, 1.0], [0.7, 0.6]]], &device());
    let code = PriorKl::PcmeV1Code.forward(&posterior, Some(samples), Reduction::Sum);
    assert_close("PCME's code, samples with that mean", &values(&code), &[0.737205], 1e-5);
    // At ls = -2 and mean zero: 0.5 (e^-4 - 1 + 4) and 0.5 (e^-2 - 1 + 2).
    let narrow = DiagNormal::new(mean.zeros_like(), LogStd(mean.full_like(-2.0)));
    let per_dim = |form: PriorKl| scalar(form.forward(&narrow, None, Reduction::Mean)) / 2.0;
    assert_close("pull", &[per_dim(PriorKl::Exact), per_dim(PriorKl::PcmeV1Code)], &[1.509158, 0.567668], 1e-5);
}

#[test]
fn prior_divergence_reductions_are_as_documented() {
    let posterior = Draws::new(19).distributions(4, 3, &device());
    let items = values(&PriorKl::Exact.forward_no_reduction(&posterior, None));
    let sum: f64 = items.iter().sum();
    let reduced = |reduction| scalar(PriorKl::Exact.forward(&posterior, None, reduction));
    assert_close("sum", &[reduced(Reduction::Sum), reduced(Reduction::Auto)], &[sum, sum], 1e-5);
    assert_close("mean", &[reduced(Reduction::Mean), reduced(Reduction::BatchMean)], &[sum / 4.0, sum / 4.0], 1e-5);
}

#[test]
fn the_prior_divergence_stays_finite_at_extreme_scales_with_finite_gradients() {
    let device = autodiff();
    let log_std = Tensor::<2>::from_floats([[-50.0, 50.0], [0.0, -50.0]], &device).require_grad();
    let posterior = DiagNormal::new(Tensor::ones([2, 2], &device), LogStd(log_std.clone()));
    for form in [PriorKl::Exact, PriorKl::PcmeV1Code] {
        let loss = form.forward(&posterior, None, Reduction::Sum);
        assert_all_finite("loss", &values(&loss));
        assert_all_finite("gradient", &values(&log_std.grad(&loss.backward()).unwrap()));
    }
}

#[test]
fn uniformity_has_its_golden_value() {
    let rows = Tensor::<2>::from_floats([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], &device());
    let loss = UniformityLossConfig::new().init();
    assert_close("uniformity", &values(&loss.forward(rows.clone())), &[-4.396349], 1e-5);
    let subset = Tensor::<1, Int>::from_ints([0, 2], &device());
    assert_close("of two rows", &values(&loss.forward_subset(rows, subset)), &[-8.0], 1e-5);
}

#[test]
fn uniformity_is_finite_where_the_plain_form_underflows_and_for_degenerate_rows() {
    let device = autodiff();
    let ordinary = Draws::new(20).tensor::<2>([6, 512], &device);
    let loss = UniformityLossConfig::new().init();
    // About -2 (2 x 512) = -2048; exp(-2048) is zero in any float format.
    let spread = scalar(loss.forward(ordinary.clone()));
    assert!((-2400.0..-1500.0).contains(&spread), "{spread}");
    for (name, rows) in [
        ("ordinary", ordinary.clone()),
        ("all zero", ordinary.zeros_like()),
        ("all equal", ordinary.ones_like()),
        ("1e20", ordinary.clone() * 1e20),
    ] {
        let rows = rows.detach().require_grad();
        let value = loss.forward(rows.clone());
        assert_all_finite(name, &values(&value));
        assert_all_finite(name, &values(&rows.grad(&value.backward()).unwrap()));
    }
    assert_close("all equal", &values(&loss.forward(ordinary.ones_like())), &[0.0], 1e-5);
}

#[test]
fn uniformity_of_less_than_two_rows_is_zero_with_zero_gradient() {
    let device = autodiff();
    let row = Draws::new(21).tensor::<2>([1, 3], &device).require_grad();
    let loss = UniformityLossConfig::new().init().forward(row.clone());
    assert_eq!(scalar(loss.clone()), 0.0);
    assert_eq!(values(&row.grad(&loss.backward()).unwrap()), [0.0; 3]);
}
