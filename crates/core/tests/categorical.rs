//! Log-space sums, categorical draws, and the Gumbel and logistic distributions: goldens of the specification, laws, oracles.

mod common;

use burn::tensor::{DType, Int, Tensor, TensorData};
use common::{Draws, assert_all_finite, assert_close, autodiff, device, scalar, values};
use halation_core::categorical::*;
use halation_core::dist::{Gumbel, Logistic, LogisticMixture, TruncatedGumbel};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};

fn row(entries: &[f64]) -> Tensor<1> {
    let entries: Vec<f32> = entries.iter().map(|&x| x as f32).collect();
    Tensor::from_floats(entries.as_slice(), &device())
}

/// Uniform draws on the grid of f32 generators, multiples of `2^-24`.
fn uniforms(seed: u64, count: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random::<f32>()).collect()
}

#[test]
fn logarithms_of_sums_are_exact_at_ties_and_far_apart() {
    let (a, b) = (row(&[0.0, -69.0, 500.0, -500.0]), row(&[0.0, -0.001, -500.0, -500.0]));
    let expected = [2.0_f64.ln(), -0.001, 500.0, 2.0_f64.ln() - 500.0];
    assert_close("lae", &values(&log_add_exp(a.clone(), b.clone())), &expected, 1e-6);
    let both = Tensor::stack::<2>(vec![a, b], 0);
    assert_close("lse", &values(&log_sum_exp_keepdim(both, 0)), &expected, 1e-6);
}

#[test]
fn at_a_tie_both_terms_of_a_sum_get_half_of_the_gradient() {
    let device = autodiff();
    let a = Tensor::<1>::from_floats([1.0, 2.0], &device).require_grad();
    let b = Tensor::<1>::from_floats([1.0, 0.0], &device).require_grad();
    let gradients = log_add_exp(a.clone(), b.clone()).sum().backward();
    let larger = 1.0 / (1.0 + (-2.0_f64).exp());
    assert_close("d a", &values(&a.grad(&gradients).unwrap()), &[0.5, larger], 1e-6);
    assert_close("d b", &values(&b.grad(&gradients).unwrap()), &[0.5, 1.0 - larger], 1e-6);
}

#[test]
fn sums_of_nothing_stay_minus_infinity() {
    let nothing = row(&[f64::NEG_INFINITY, f64::NEG_INFINITY]);
    assert_eq!(values(&log_add_exp(nothing.clone(), nothing.clone())), [f64::NEG_INFINITY; 2]);
    assert_eq!(values(&log_sum_exp_keepdim(nothing, 0)), [f64::NEG_INFINITY]);
}

#[test]
fn a_one_hot_vector_has_zero_on_the_class_and_ln_1e_30_elsewhere() {
    let ids = Tensor::<2, Int>::from_ints([[2, 0]], &device());
    let zero = 1e-30_f64.ln();
    assert_close("log one-hot", &values(&log_one_hot(ids, 3)), &[zero, zero, 0.0, 0.0, zero, zero], 1e-6);
    assert!((LOG_ZERO - zero).abs() < 1e-12);
}

#[test]
fn gumbel_noise_of_any_f32_uniform_is_finite_and_within_its_known_range() {
    let step = 2.0_f64.powi(-24);
    let found = values(&gumbel_from_uniform(row(&[0.0, step, 0.5, 1.0 - step, 1.0])));
    // -ln(-ln(1 - 2^-24)) and -ln(-ln(1e-30)); the logarithm next to one has few digits in f32.
    let expected = [-69.0776_f64.ln(), -16.63553_f64.ln(), -(2.0_f64.ln().ln()), 16.63553, 16.63553];
    assert_close("gumbel", &found, &expected, 1e-5);
}

#[test]
fn ln_softplus_and_ln_sigmoid_are_exact_in_both_tails_with_finite_gradients() {
    let points = [-300.0, -100.0, -50.0, -16.5, -1.0, 0.0, 30.0, 300.0];
    let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
    let expected: Vec<f64> = points.iter().map(|&x| if x < -30.0 { x } else { softplus(x).ln() }).collect();
    assert_close("ln softplus", &values(&log_softplus(row(&points))), &expected, 1e-6);
    let expected: Vec<f64> = points.iter().map(|&x| -softplus(-x)).collect();
    assert_close("ln sigmoid", &values(&log_sigmoid(row(&points))), &expected, 1e-6);

    let x = Tensor::<1>::from_floats(points.map(|x| x as f32), &autodiff()).require_grad();
    let gradients = (log_softplus(x.clone()) + log_sigmoid(x.clone())).sum().backward();
    assert_all_finite("gradients", &values(&x.grad(&gradients).unwrap()));
}

#[test]
fn a_categorical_knows_its_probabilities_entropy_and_divergence() {
    let device = device();
    let probs = [0.5_f32, 0.3, 0.2, 1.0, 0.0, 0.0];
    let logits = Tensor::<3>::from_data(TensorData::new(probs.map(|p| p.ln() + 3.0).to_vec(), [1, 2, 3]), &device);
    let p = Categorical::new(logits);
    assert_close("probs", &values(&p.probs()), &probs.map(f64::from), 1e-6);
    let entropy = -(0.5 * 0.5_f64.ln() + 0.3 * 0.3_f64.ln() + 0.2 * 0.2_f64.ln());
    assert_close("entropy", &values(&p.entropy()), &[entropy, 0.0], 1e-6);
    let ids = Tensor::<2, Int>::from_ints([[1, 0]], &device);
    assert_close("log_prob", &values(&p.log_prob(ids)), &[0.3_f64.ln(), 0.0], 1e-6);
    assert_eq!(p.mode().into_data().iter::<i64>().collect::<Vec<_>>(), [0, 0]);

    let uniform = Categorical::new(Tensor::zeros([1, 2, 3], &device));
    let kl = values(&categorical_kl(p.log_probs(), uniform.log_probs()));
    assert_close("kl", &kl, &[3.0_f64.ln() - entropy, 3.0_f64.ln()], 1e-6);
    assert_close("kl to itself", &values(&categorical_kl(p.log_probs(), p.log_probs())), &[0.0, 0.0], 1e-7);
}

#[test]
fn gumbel_max_draws_have_the_frequencies_of_the_classes() {
    let (device, count, probs) = (device(), 1_000_000, [0.6_f64, 0.25, 0.1, 0.049, 0.001]);
    let logits: Vec<f32> = probs.iter().map(|p| p.ln() as f32).collect();
    let logits = Tensor::<1>::from_floats(logits.as_slice(), &device).reshape([1, 1, 5]).expand([1, count, 5]);
    let u = Tensor::from_data(TensorData::new(uniforms(3, count * 5), [1, count, 5]), &device);
    let drawn = Categorical::new(logits).sample(u).into_data();
    let mut seen = [0.0_f64; 5];
    drawn.iter::<i64>().for_each(|id| seen[id as usize] += 1.0);
    let expected = probs.map(|p| p * count as f64);
    let chi2: f64 = seen.iter().zip(expected).map(|(seen, expected)| (seen - expected).powi(2) / expected).sum();
    // The 0.9999 quantile of chi-squared with four degrees of freedom.
    assert!(chi2 < 23.5, "chi-squared {chi2}, {seen:?}");
}

#[test]
fn f32_noise_never_draws_an_event_rarer_than_its_range_and_can_draw_one_within_it() {
    let device = device();
    // The luckiest draw for class 1: its uniform next to one, that of class 0 at zero. The range is 20.87 nats, or 8.6e-10.
    let u = Tensor::<3>::from_floats([[[0.0, 1.0 - 2.0_f32.powi(-24)]]], &device);
    let drawn = |rare: f32| {
        let logits = Tensor::<3>::from_floats([[[0.0, rare.ln()]]], &device);
        Categorical::new(logits).sample(u.clone()).into_scalar::<i64>()
    };
    assert_eq!((drawn(1e-10), drawn(1e-8)), (0, 1));
}

#[test]
fn f64_noise_can_draw_what_f32_noise_never_does() {
    let device = device();
    // One unit in the last place below one, as above, which is 2^-53 here.
    let double = |values: [f64; 2]| Tensor::<3>::from_data([[values]], (&device, DType::F64));
    let u = double([0.0, 1.0 - f64::EPSILON / 2.0]);
    let drawn = |rare: f64| Categorical::new(double([0.0, rare.ln()])).sample(u.clone()).into_scalar::<i64>();
    assert_eq!((drawn(1e-9), drawn(1e-10)), (1, 1));
}

#[test]
fn gumbel_distributions_obey_their_density_and_quantile() {
    let loc = row(&[0.0, 1.0, -2.0]);
    let (gumbel, u) = (Gumbel::new(loc.clone()), row(&[0.2, 0.5, 0.9]));
    let points = gumbel.quantile(u.clone());
    assert_close("cdf", &values(&gumbel.cdf(points.clone())), &values(&u), 1e-6);
    // d cdf / dx by central differences, in f32: a step of 1e-2 leaves 1e-5 of truncation and as much rounding.
    let slope = (gumbel.cdf(points.clone() + 1e-2) - gumbel.cdf(points.clone() - 1e-2)) / 2e-2;
    assert_close("density", &values(&gumbel.log_prob(points.clone()).exp()), &values(&slope), 1e-4);

    let bound = row(&[0.5, -1.0, -2.0]);
    let truncated = TruncatedGumbel::new(loc, bound.clone());
    let points = truncated.quantile(u.clone());
    assert!(values(&(bound.clone() - points.clone())).iter().all(|gap| *gap > 0.0));
    let cdf = (gumbel.log_cdf(points.clone()) - gumbel.log_cdf(bound)).exp();
    assert_close("truncated cdf", &values(&cdf), &values(&u), 1e-6);
    // Truncated density, on its own grid.
    let (low, step) = (-12.0, 1e-2);
    let grid: Vec<f64> = (0..1250).map(|i| low + step * (i as f64 + 0.5)).collect();
    let full = |x: f64| Tensor::<1>::full([1250], x, &device());
    let one = TruncatedGumbel::new(full(1.0), full(0.5));
    let mass = scalar(one.log_prob(row(&grid)).exp().sum() * step);
    assert!((mass - 1.0).abs() < 1e-4, "truncated mass {mass}"); // midpoint rule
}

#[test]
fn logistic_distributions_integrate_to_one_and_invert() {
    let (mean, log_scale) = (row(&[0.5, -3.0, 2.0]), row(&[0.0, -1.0, 1.5]));
    let logistic = Logistic::new(mean, log_scale);
    let logit = row(&[-40.0, 0.3, 40.0]);
    let points = logistic.quantile(logit.clone());
    let found = logistic.log_cdf(points.clone()) - logistic.log_survival(points.clone());
    assert_close("logit", &values(&found), &values(&logit), 1e-5);
    let identity = logistic.log_cdf(points.clone()) + logistic.log_survival(points.clone());
    let expected = values(&(identity - row(&[0.0, -1.0, 1.5])));
    assert_close("f = F (1 - F) / s", &values(&logistic.log_prob(points)), &expected, 1e-5);
}

/// The mixture of the specification's golden, `count` times.
fn golden_mixture(count: usize) -> LogisticMixture {
    let repeat = |values: [f32; 3]| Tensor::<2>::from_floats([values], &device()).repeat_dim(0, count);
    let weights = [0.2_f32, 0.5, 0.3].map(f32::ln);
    LogisticMixture::new(repeat(weights), repeat([-1.0, 0.0, 2.0]), repeat([-0.5, 0.1, 0.3]))
}

#[test]
fn the_logistic_mixture_has_the_values_of_the_specification() {
    let (x, t, s) = (row(&[0.7]), 0.25, -0.3);
    let mixture = golden_mixture(1);
    assert_close("F", &[scalar(mixture.log_cdf(x.clone()).exp())], &[0.5980736717], 1e-6);
    let (logit, log_slope) = mixture.logit(x);
    assert_close("logit", &[scalar(logit.clone())], &[0.3974451344], 2e-6);
    assert_close("y", &[(scalar(logit) + t) * f64::exp(s)], &[0.4796391525], 2e-6);
    assert_close("ldj", &[scalar(log_slope) + s], &[-0.6781685924], 2e-6);
}

#[test]
fn the_mixture_is_inverted_from_one_tail_to_the_other() {
    let points: Vec<f64> = (-160..=160).map(|i| f64::from(i) * 0.25).collect();
    let mixture = golden_mixture(points.len());
    let (logit, _) = mixture.logit(row(&points));
    let found = values(&mixture.quantile(logit));
    // The tails at x = +-40 too: rounding of a logit near 30, times the largest scale.
    for (found, expected) in found.iter().zip(&points) {
        assert!((found - expected).abs() < 1e-4, "{found} instead of {expected}");
    }
    let far = mixture.quantile(row(&vec![-1e4; points.len()]));
    assert_all_finite("a logit of -1e4", &values(&far));
}

#[test]
fn the_density_of_a_mixture_is_the_slope_of_its_distribution_function() {
    let grid: Vec<f64> = (0..6000).map(|i| -30.0 + 0.01 * (f64::from(i) + 0.5)).collect();
    let mixture = golden_mixture(grid.len());
    let mass = scalar(mixture.log_prob(row(&grid)).exp().sum() * 0.01);
    assert!((mass - 1.0).abs() < 1e-5, "mass {mass}");
    let x = Tensor::<1>::from_floats([-30.0, -2.0, 0.3, 5.0, 40.0], &autodiff()).require_grad();
    let device = autodiff();
    let one = |value: f32| Tensor::<2>::full([5, 2], value, &device);
    let means = Tensor::<2>::from_floats([[-1.0, 2.0]], &device).repeat_dim(0, 5);
    let mixture = LogisticMixture::new(one(0.0), means, one(0.3));
    let (logit, log_slope) = mixture.logit(x.clone());
    let slope = values(&x.grad(&logit.sum().backward()).unwrap());
    assert_close("slope", &values(&log_slope.exp()), &slope, 1e-5);
}

#[test]
fn quantiles_of_a_mixture_have_the_gradients_of_the_implicit_function() {
    let device = autodiff();
    let logits = Tensor::<2>::from_floats([[0.1, -0.4, 0.3]], &device).require_grad();
    let means = Tensor::<2>::from_floats([[-1.0, 0.2, 1.5]], &device).require_grad();
    let log_scales = Tensor::<2>::from_floats([[-0.5, 0.1, 0.3]], &device).require_grad();
    let target = Tensor::<1>::from_floats([0.8], &device).require_grad();
    let mixture = LogisticMixture::new(logits.clone(), means.clone(), log_scales.clone());
    let gradients = mixture.quantile(target.clone()).sum().backward();
    let solve = |dl: [f64; 3], dm: [f64; 3], ds: [f64; 3], dt: f64| {
        let (w, m, s) = ([0.1, -0.4, 0.3], [-1.0, 0.2, 1.5], [-0.5_f64, 0.1, 0.3]);
        let weights: Vec<f64> = (0..3).map(|i| f64::exp(w[i] + dl[i])).collect();
        let total: f64 = weights.iter().sum();
        let cdf = |x: f64| -> f64 {
            (0..3).map(|i| weights[i] / total / (1.0 + (-(x - m[i] - dm[i]) * (-s[i] - ds[i]).exp()).exp())).sum()
        };
        let (mut low, mut high) = (-50.0, 50.0);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            let f = cdf(middle);
            if (f / (1.0 - f)).ln() < 0.8 + dt { low = middle } else { high = middle }
        }
        low
    };
    let (h, zero) = (1e-5, [0.0; 3]);
    let slope = |at: &dyn Fn(f64) -> f64| (at(h) - at(-h)) / (2.0 * h);
    let bump = |i: usize, h: f64| std::array::from_fn(|j| if i == j { h } else { 0.0 });
    let by = |at: &dyn Fn(usize, f64) -> f64| (0..3).map(|i| slope(&|h| at(i, h))).collect::<Vec<_>>();
    let d = |of: &Tensor<2>| values(&of.grad(&gradients).unwrap());
    // The oracle is f64 and good to 1e-9; the gradients are f32.
    assert_close("d logits", &d(&logits), &by(&|i, h| solve(bump(i, h), zero, zero, 0.0)), 2e-5);
    assert_close("d means", &d(&means), &by(&|i, h| solve(zero, bump(i, h), zero, 0.0)), 2e-5);
    assert_close("d log scales", &d(&log_scales), &by(&|i, h| solve(zero, zero, bump(i, h), 0.0)), 2e-5);
    let found = values(&target.grad(&gradients).unwrap());
    assert_close("d target", &found, &[slope(&|h| solve(zero, zero, zero, h))], 2e-5);
}

#[test]
fn the_logit_of_a_far_mixture_keeps_finite_gradients() {
    let device = autodiff();
    let x = Draws::new(5).tensor::<1>([64], &device) * 60.0;
    let parameter = |seed| (Draws::new(seed).tensor::<2>([64, 5], &device) * 3.0).detach().require_grad();
    let (w, m, s) = (parameter(1), parameter(2), parameter(3));
    let (logit, log_slope) = LogisticMixture::new(w.clone(), m.clone(), s.clone()).logit(x);
    let gradients = (logit + log_slope).sum().backward();
    for tensor in [w, m, s] {
        assert_all_finite("gradient", &values(&tensor.grad(&gradients).unwrap()));
    }
}
