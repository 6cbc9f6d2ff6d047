//! The gamma function, the generalised normal distribution and its losses beside SciPy, PyTorch, and their special cases.

mod common;

use std::f64::consts::PI;

use burn::tensor::{Device, Tensor};
use common::{Draws, assert_all_finite, assert_close, autodiff, device, numbers, scalar, tensor, values};
use halation_core::{
    CoreError,
    dist::{DiagNormal, GeneralizedNormal, ln_gamma},
    loss::{CrossModalNllLoss, CrossModalNllLossConfig, GeneralizedNormalNll, Reduction},
};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("goldens/generalized_normal.json")).unwrap()
}

/// Mean, inverse scale and shape of one modality, recording gradients: the device must, too.
fn parameters(golden: &Value, device: &Device) -> [Tensor<2>; 3] {
    ["mean", "inverse_scale", "shape"].map(|key| tensor::<2>(&golden[key], device).require_grad())
}

fn normal([mean, inverse_scale, shape]: &[Tensor<2>; 3]) -> GeneralizedNormal {
    GeneralizedNormal::new(mean.clone(), inverse_scale.clone(), shape.clone())
}

fn full(value: f32, device: &Device) -> Tensor<2> {
    Tensor::full([2, 3], value, device)
}

#[test]
fn the_gamma_function_and_its_derivative_agree_with_scipy() {
    let (golden, device) = (golden(), autodiff());
    let points: Vec<f32> = numbers(&golden["points"]).into_iter().map(|point| point as f32).collect();
    let x = Tensor::<1>::from_floats(points.as_slice(), &device).require_grad();
    let found = ln_gamma(x.clone());
    // A difference of two terms of up to 5 near the zeros of the function, in f32: eight roundings.
    assert_close("ln Gamma", &values(&found), &numbers(&golden["ln_gamma"]), 2e-6);
    let gradient = values(&x.grad(&found.sum().backward()).unwrap());
    assert_close("digamma", &gradient, &numbers(&golden["digamma"]), 2e-6);
}

#[test]
fn the_gamma_function_obeys_its_recurrence_and_knows_the_root_of_pi() {
    let x = (Draws::new(1).tensor::<1>([64], &device()).abs() + 0.01) * 4.0;
    let step = ln_gamma(x.clone() + 1.0) - x.clone().log();
    assert_close("Gamma(x + 1) = x Gamma(x)", &values(&step), &values(&ln_gamma(x)), 4e-6);
    let half = ln_gamma(Tensor::<1>::from_floats([0.5], &device()));
    assert_close("Gamma(1/2)^2 = pi", &[2.0 * scalar(half)], &[PI.ln()], 1e-6);
}

#[test]
fn densities_entropies_and_variances_agree_with_scipy() {
    let (golden, device) = (golden(), autodiff());
    let first = normal(&parameters(&golden["first"], &device));
    assert_close("ln p", &values(&first.log_prob(tensor(&golden["x"], &device))), &numbers(&golden["log_prob"]), 1e-5);
    assert_close("entropy", &values(&first.entropy()), &numbers(&golden["entropy"]), 1e-5);
    assert_close("variance", &values(&first.variance()), &numbers(&golden["variance"]), 1e-5);
    assert_close("from lv", &values(&first.log_var().variance()), &numbers(&golden["variance"]), 1e-5);
}

#[test]
fn the_losses_and_all_their_gradients_agree_with_pytorch() {
    let (golden, device) = (golden(), autodiff());
    let (first, second) = (parameters(&golden["first"], &device), parameters(&golden["second"], &device));
    let (x, y) = (tensor::<2>(&golden["x"], &device).require_grad(), tensor::<2>(&golden["y"], &device).require_grad());
    let number = |key: &str| [golden[key].as_f64().unwrap()];
    let nll = GeneralizedNormalNll.forward(&normal(&first), x.clone(), Reduction::Sum);
    assert_close("nll", &[scalar(nll)], &number("nll_of_first"), 1e-5);

    let run = |config: CrossModalNllLossConfig, reduction| {
        let loss: CrossModalNllLoss = config.init().unwrap();
        loss.forward(&normal(&first), &normal(&second), x.clone(), y.clone(), reduction)
    };
    let published = run(CrossModalNllLossConfig::new(), Reduction::Mean);
    assert_close("published", &[scalar(published)], &number("mean_with_published_weight"), 1e-5);
    let loss = run(CrossModalNllLossConfig::new().with_cross_weight(0.3), Reduction::Sum);
    assert_close("loss", &[scalar(loss.clone())], &number("loss"), 1e-5);

    let gradients = loss.backward();
    let compare = |what: &str, of: &Tensor<2>, expected: &Value| {
        assert_close(what, &values(&of.grad(&gradients).unwrap()), &numbers(expected), 1e-5);
    };
    compare("d x", &x, &golden["grad_x"]);
    compare("d y", &y, &golden["grad_y"]);
    for (name, parameters) in [("first", &first), ("second", &second)] {
        for (key, parameter) in ["mean", "inverse_scale", "shape"].iter().zip(parameters) {
            compare(&format!("d {name} {key}"), parameter, &golden[format!("grad_{name}")][*key]);
        }
    }
}

#[test]
fn shape_two_is_the_normal_distribution_and_shape_one_is_laplace() {
    let device = device();
    let mut draws = Draws::new(2);
    let (mean, points) = (draws.tensor::<2>([2, 3], &device), draws.tensor::<2>([2, 3], &device));
    let inverse_scale = draws.tensor::<2>([2, 3], &device).exp();

    let generalized = GeneralizedNormal::new(mean.clone(), inverse_scale.clone(), full(2.0, &device));
    let plain = DiagNormal::new(mean.clone(), generalized.log_var());
    assert_close("v = alpha^2 / 2", &values(&(plain.variance() * inverse_scale.clone().square())), &[0.5; 6], 1e-5);
    let both = |f: fn(&DiagNormal, Tensor<2>) -> Tensor<1>| values(&f(&plain, points.clone()));
    assert_close("ln p", &values(&generalized.log_prob(points.clone())), &both(DiagNormal::log_prob), 1e-5);
    assert_close("entropy", &values(&generalized.entropy()), &values(&plain.entropy()), 1e-5);

    let laplace = GeneralizedNormal::new(mean.clone(), inverse_scale.clone(), full(1.0, &device));
    let by_hand = (inverse_scale.clone() / 2.0).log() - (points.clone() - mean).abs() * inverse_scale.clone();
    assert_close("Laplace", &values(&laplace.log_prob(points)), &values(&by_hand.sum_dim(1)), 1e-5);
    assert_close("v = 2 alpha^2", &values(&(laplace.variance() * inverse_scale.square())), &[2.0; 6], 1e-5);
}

#[test]
fn densities_integrate_to_one_and_their_second_moment_is_the_variance() {
    // Midpoint sums over 8000 steps of 0.01 scales; the kink of shape 0.7 at the mean costs most.
    let (device, steps) = (device(), 8000);
    let points: Vec<f32> = (0..steps).map(|step| (step as f32 - 3999.5) * 0.01).collect();
    let points = Tensor::<1>::from_floats(points.as_slice(), &device).unsqueeze_dim::<2>(1); // [S, 1]
    for shape in [0.7_f32, 1.0, 2.0, 5.0, 40.0] {
        let column = |value: f32| Tensor::<2>::full([steps, 1], value, &device);
        let distribution = GeneralizedNormal::new(column(0.0), column(1.0), column(shape));
        let density = distribution.log_prob(points.clone()).exp() * 0.01; // [S]
        let moment = density.clone() * points.clone().square().squeeze_dim::<1>(1);
        let variance = values(&distribution.variance())[0];
        assert_close(&format!("mass, shape {shape}"), &[scalar(density.sum())], &[1.0], 1e-3);
        assert_close(&format!("variance, shape {shape}"), &[scalar(moment.sum())], &[variance], 3e-3);
    }
}

#[test]
fn extreme_parameters_and_distances_stay_finite_in_value_and_gradient() {
    let device = autodiff();
    for scale in [1e-30_f32, 1e-6, 1.0, 1e6, 1e30] {
        for shape in [1e-30_f32, 0.1, 1.0, 2.0, 100.0, 1e30] {
            for distance in [0.0_f32, 1e-30, 1e-3, 1.0, 1e6, 1e30] {
                let parameters = [0.0, scale, shape].map(|value| full(value, &device).require_grad());
                let distribution = normal(&parameters);
                let points = full(distance, &device).require_grad();
                let loss = GeneralizedNormalNll.forward(&distribution, points.clone(), Reduction::Mean);
                let what = format!("scale {scale:e}, shape {shape:e}, distance {distance:e}");
                assert_all_finite(&what, &values(&distribution.variance()));
                assert_all_finite(&what, &values(&distribution.entropy()));
                assert_all_finite(&what, &[scalar(loss.clone())]);
                let gradients = loss.backward();
                for tensor in parameters.iter().chain([&points]) {
                    assert_all_finite(&what, &values(&tensor.grad(&gradients).unwrap()));
                }
            }
        }
    }
}

#[test]
fn an_outlier_past_the_reach_of_an_f32_still_pulls_the_mean() {
    let device = autodiff();
    // (100 / 1)^30 = 1e60
    let parameters = [0.0, 1.0, 30.0].map(|value| full(value, &device).require_grad());
    let gradients = GeneralizedNormalNll.forward(&normal(&parameters), full(100.0, &device), Reduction::Sum).backward();
    let [mean, scale, shape] = parameters.map(|parameter| values(&parameter.grad(&gradients).unwrap()));
    assert!(mean.iter().all(|&gradient| gradient < 0.0), "towards the point: {mean:?}");
    assert!(scale.iter().chain(&shape).all(|&gradient| gradient > 0.0), "wider and with a heavier tail");
}

#[test]
fn reductions_divide_the_sum_by_what_they_say_and_an_empty_batch_is_zero() {
    let device = autodiff();
    let mut draws = Draws::new(3);
    let mean = draws.tensor::<2>([4, 5], &device);
    let ones = |rows: usize| Tensor::<2>::ones([rows, 5], &device);
    let predicted = GeneralizedNormal::new(mean, ones(4), ones(4) * 1.5);
    let targets = draws.tensor::<2>([4, 5], &device);
    let reduced = |reduction| scalar(GeneralizedNormalNll.forward(&predicted, targets.clone(), reduction));
    let items = values(&GeneralizedNormalNll.forward_no_reduction(&predicted, targets.clone()));
    let sum: f64 = items.iter().sum();
    assert_close("sum", &[reduced(Reduction::Sum)], &[sum], 1e-6);
    assert_close("batch mean", &[reduced(Reduction::BatchMean)], &[sum / 4.0], 1e-6);
    assert_close("mean", &[reduced(Reduction::Mean)], &[sum / 20.0], 1e-6);
    assert_eq!(reduced(Reduction::Mean), reduced(Reduction::Auto));

    let none = || Tensor::<2>::zeros([0, 5], &device).require_grad();
    let empty = GeneralizedNormal::new(none(), ones(0), ones(0));
    for reduction in [Reduction::Sum, Reduction::Mean, Reduction::BatchMean] {
        let loss = CrossModalNllLossConfig::new().init().unwrap();
        assert_eq!(scalar(loss.forward(&empty, &empty, none(), none(), reduction)), 0.0);
    }
}

#[test]
fn a_weight_that_makes_no_sense_is_a_typed_error() {
    for weight in [-1e-4, f64::NAN, f64::INFINITY] {
        let error = CrossModalNllLossConfig::new().with_cross_weight(weight).init().unwrap_err();
        assert!(matches!(error, CoreError::Argument { argument: "cross_weight", .. }), "{error}");
    }
}

#[test]
#[should_panic(expected = "axis 1 expected 3, got 2")]
fn targets_of_another_width_are_a_broken_contract() {
    let device = device();
    let predicted = GeneralizedNormal::new(full(0.0, &device), full(1.0, &device), full(2.0, &device));
    GeneralizedNormalNll.forward(&predicted, Tensor::zeros([2, 2], &device), Reduction::Mean);
}
