//! `dist` beside PyTorch's distributions, hand-checked numbers and the laws of a normal distribution.

mod common;

use burn::tensor::Tensor;
use common::{Draws, assert_all_finite, assert_close, autodiff, device, numbers, pcme_loss, tensor, values};
use halation_core::dist::{DiagNormal, LogStd, LogVar};

/// The first golden distribution of the specification: mean (.6, .8), log standard deviation (-1, -.5).
fn golden() -> DiagNormal {
    let mean = Tensor::<2>::from_floats([[0.6, 0.8]], &device());
    DiagNormal::new(mean, LogStd(Tensor::from_floats([[-1.0, -0.5]], &device())))
}

#[test]
fn uncertainties_and_the_divergence_to_the_prior_have_their_golden_values() {
    assert_close("KL to N(0, I)", &values(&golden().kl_standard()), &[1.251607], 1e-5);
    assert_close("geometric mean sigma", &values(&golden().geometric_mean_std()), &[0.472367], 1e-5);
    assert_close("trace", &values(&golden().trace()), &[0.503215], 1e-5);
    assert_close("log det sigma", &values(&golden().log_det_std()), &[-1.5], 1e-6);
}

#[test]
fn densities_entropies_and_divergences_agree_with_pytorch() {
    let (golden, device) = (&pcme_loss()["distributions"], autodiff());
    let mean = tensor::<2>(&golden["mean1"], &device).require_grad();
    let log_std = tensor::<2>(&golden["log_std1"], &device).require_grad();
    let one = DiagNormal::new(mean.clone(), LogStd(log_std.clone()));
    let log_prob = one.log_prob(tensor(&golden["points"], &device));
    // f32 against f64: sums of a few terms of size ten.
    assert_close("log_prob", &values(&log_prob), &numbers(&golden["log_prob"]), 1e-5);
    assert_close("entropy", &values(&one.entropy()), &numbers(&golden["entropy"]), 1e-5);
    let kl = one.kl_standard();
    assert_close("KL", &values(&kl), &numbers(&golden["kl_standard"]), 1e-5);
    let gradients = kl.sum().backward();
    let mean_gradient = values(&mean.grad(&gradients).unwrap());
    let log_std_gradient = values(&log_std.grad(&gradients).unwrap());
    assert_close("dKL/dmean", &mean_gradient, &numbers(&golden["grad_kl_standard_mean"]), 1e-5);
    assert_close("dKL/dls", &log_std_gradient, &numbers(&golden["grad_kl_standard_log_std"]), 1e-5);
}

#[test]
fn a_log_variance_is_twice_a_log_standard_deviation() {
    let log_std = LogStd(Tensor::from_floats([[-1.0, 0.5]], &device()));
    assert_close("lv", &values(&LogVar::from(log_std.clone()).0), &[-2.0, 1.0], 0.0);
    assert_close("ls", &values(&LogStd::from(log_std.log_var()).0), &[-1.0, 0.5], 0.0);
    assert_close("sigma^2 = v", &values(&log_std.std().square()), &values(&log_std.log_var().variance()), 1e-6);
    let by_variance = DiagNormal::new(Tensor::zeros([1, 2], &device()), log_std.log_var());
    assert_close("from LogVar", &values(&by_variance.log_std().0), &[-1.0, 0.5], 0.0);
}

#[test]
fn samples_are_mean_plus_sigma_times_noise_and_carry_both_gradients() {
    let device = autodiff();
    let mean = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device).require_grad();
    let log_std = Tensor::<2>::from_floats([[0.0, 1.0], [-1.0, 2.0]], &device).require_grad();
    let noise = Draws::new(1).tensor([2, 3, 2], &device);
    let samples = DiagNormal::new(mean.clone(), LogStd(log_std.clone())).rsample(noise.clone());
    let (draws, found) = (values(&noise), values(&samples));
    let (means, log_stds) = (values(&mean), values(&log_std));
    for item in 0..2 {
        for sample in 0..3 {
            for k in 0..2 {
                let place = (item * 3 + sample) * 2 + k;
                let expected = means[item * 2 + k] + log_stds[item * 2 + k].exp() * draws[place];
                assert_close("sample", &found[place..=place], &[expected], 1e-6);
            }
        }
    }
    let gradients = samples.sum().backward();
    assert_close("d/dmean", &values(&mean.grad(&gradients).unwrap()), &[3.0; 4], 1e-6);
    // d/dls = sum_j sigma eps
    let expected: Vec<f64> = (0..4)
        .map(|place| (0..3).map(|j| draws[(place / 2 * 3 + j) * 2 + place % 2]).sum::<f64>() * log_stds[place].exp())
        .collect();
    assert_close("d/dls", &values(&log_std.grad(&gradients).unwrap()), &expected, 1e-5);
}

#[test]
fn noise_of_one_row_is_shared_by_all_items() {
    let mut draws = Draws::new(2);
    let (distribution, noise) = (draws.distributions(4, 3, &device()), draws.tensor::<3>([1, 5, 3], &device()));
    let shared = distribution.rsample(noise.clone());
    let repeated = distribution.rsample(noise.repeat_dim(0, 4));
    assert_close("samples", &values(&shared), &values(&repeated), 0.0);
}

#[test]
fn sample_moments_and_the_mean_log_density_approach_their_closed_forms() {
    let (count, dims) = (20_000, 2);
    let noise = Draws::new(3).tensor([1, count, dims], &device());
    let one = golden();
    let samples: Tensor<2> = one.rsample(noise).squeeze_dim(0); // [count, D]
    // Standard errors at 20,000 draws: 0.6 / 141 = 0.004 for means, about 0.007 for the entropy. Five of them.
    assert_close("mean", &values(&samples.clone().mean_dim(0)), &values(&one.mean()), 0.02);
    assert_close("variance", &values(&samples.clone().var(0)), &values(&one.variance()), 0.02);
    let many = DiagNormal::new(one.mean().repeat_dim(0, count), LogStd(one.log_std().0.repeat_dim(0, count)));
    let mean_log_prob = many.log_prob(samples).mean();
    assert_close("-E log p = entropy", &values(&-mean_log_prob), &values(&one.entropy()), 0.04);
}

#[test]
fn the_divergence_of_a_distribution_to_itself_is_zero_and_to_others_positive() {
    let one = Draws::new(4).distributions(20, 6, &device());
    assert_close("KL(p || p)", &values(&one.kl(&one)), &[0.0; 20], 1e-6);
    let other = Draws::new(5).distributions(20, 6, &device());
    assert!(values(&one.kl(&other)).iter().all(|&kl| kl > 0.0));
}

#[test]
fn extreme_scales_and_means_stay_finite_until_they_exceed_the_number_format() {
    let mean = Tensor::<2>::from_floats([[0.0, 1.0], [0.0, 1.0], [1.0, 1.0]], &device());
    let log_std = LogStd(Tensor::from_floats([[-50.0, -50.0], [50.0, 50.0], [-50.0, 50.0]], &device()));
    let extreme = DiagNormal::new(mean, log_std);
    let ordinary = Draws::new(6).distributions(3, 2, &device());
    assert_all_finite("KL to the prior", &values(&extreme.kl_standard()));
    assert_all_finite("KL from", &values(&extreme.kl(&ordinary)));
    assert_all_finite("KL to", &values(&ordinary.kl(&extreme)));
    assert_all_finite("log_prob", &values(&extreme.log_prob(ordinary.mean())));
    assert_all_finite("entropy", &values(&extreme.entropy()));
    assert_all_finite("geometric mean", &values(&extreme.geometric_mean_std()));

    let far = DiagNormal::new(Tensor::full([1, 2], 1e20, &device()), LogStd(Tensor::zeros([1, 2], &device())));
    assert_eq!(values(&far.kl_standard()), [f64::INFINITY], "1e40 does not fit, and is not NaN");
}

#[test]
fn rows_are_a_window_on_the_batch() {
    let all = Draws::new(7).distributions(5, 3, &device());
    let part = all.rows(1..3);
    assert_eq!(part.dims(), [2, 3]);
    assert_close("mean", &values(&part.mean()), &values(&all.mean())[3..9], 0.0);
    assert_close("scale", &values(&part.log_std().0), &values(&all.log_std().0)[3..9], 0.0);
}

#[test]
#[should_panic(expected = "axis 1 expected 2, got 3")]
fn a_scale_of_another_shape_than_the_mean_is_a_broken_contract() {
    DiagNormal::new(Tensor::zeros([4, 2], &device()), LogStd(Tensor::zeros([4, 3], &device())));
}
