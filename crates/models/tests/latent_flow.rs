//! The latent-flow auto-encoder: PyTorch's values and gradients (goldens of xtask/parity/latent_flow.py), and the laws of its prior.
//!
//! The bound of 1e-5 (relative to the largest value) is a few hundred roundings of f32; the goldens are f64.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{assert_close, device, golden, gradients, hashed, signed, uniform, values};
use halation_core::bound::{ElboAccumulator, IwboAccumulator};
use halation_models::flow::Density;
use halation_models::flow::latent::*;

const BOUND: f32 = 1e-5;

fn prior(order: TimeOrder, coupling: bool, dim: usize) -> LatentPriorConfig {
    LatentPriorConfig::new(dim, 6)
        .with_order(order)
        .with_coupling(coupling)
        .with_hidden(4)
        .with_position_dim(2)
        .with_flow_layers(2)
        .with_flow_hidden(6)
        .with_flow_depth(1)
}

/// Both rows of the paper, and the two other pairs.
const TABLE: [(TimeOrder, bool); 4] = [
    (TimeOrder::Autoregressive, false),
    (TimeOrder::InverseAutoregressive, true),
    (TimeOrder::Autoregressive, true),
    (TimeOrder::InverseAutoregressive, false),
];

fn vae(order: TimeOrder, coupling: bool) -> LatentFlowVaeConfig {
    let prior = prior(order, coupling, 3);
    LatentFlowVaeConfig::new(5, prior).with_embed_dim(3).with_hidden(4).with_layers(1)
}

fn agrees_with_pytorch(name: &str, order: TimeOrder, coupling: bool) {
    let device = device().autodiff();
    let golden = golden(&format!("latent_{name}.safetensors"));
    let model = hashed(vae(order, coupling).init(&device));
    let ids = (0..2_usize).flat_map(|b| (0..4_usize).map(move |t| ((3 * b + 2 * t + b * t) % 5) as i64));
    let ids = Tensor::<2, Int>::from_data(TensorData::new(ids.collect::<Vec<_>>(), [2, 4]), &device);
    let noise = signed("noise", [2, 4, 3], 2.0, &device).require_grad();

    let terms = model.forward(ids, noise.clone());
    assert_close("ln p(x | z)", &values(terms.log_likelihood.clone()), &golden["log_likelihood"], BOUND);
    assert_close("kl", &values(terms.kl.clone()), &golden["kl"], BOUND);
    let loss = (terms.log_likelihood * signed("cotangent.log_likelihood", [2], 1.0, &device)).sum()
        + (terms.kl * signed("cotangent.kl", [2], 1.0, &device)).sum();
    let grads = loss.backward();
    assert_close("d noise", &values(noise.grad(&grads).unwrap()), &golden["grad.noise"], BOUND);
    let (found, without) = gradients(&model, &grads);
    assert!(without.is_empty(), "no gradient: {without:?}");
    let expected: Vec<_> =
        golden.iter().filter_map(|(n, v)| Some((n.strip_prefix("grad.")?, v))).filter(|(n, _)| *n != "noise").collect();
    assert_eq!(found.len(), expected.len());
    for (name, expected) in expected {
        assert_close(&format!("d {name}"), &found[name], expected, BOUND);
    }

    let drawn = model.prior.sample(signed("base", [2, 4, 3], 2.0, &device));
    assert_close("sample", &values(drawn), &golden["sample"], BOUND);
}

#[test]
fn the_row_that_is_autoregressive_in_time_and_dimensions_agrees_with_pytorch() {
    agrees_with_pytorch("af_af", TimeOrder::Autoregressive, false);
}

#[test]
fn the_row_that_is_inverse_autoregressive_with_coupling_agrees_with_pytorch() {
    agrees_with_pytorch("iaf_scf", TimeOrder::InverseAutoregressive, true);
}

#[test]
fn the_bent_map_rises_everywhere_and_is_inverted_also_for_extreme_parameters() {
    let device = device().autodiff();
    for scale in [1.0, 5.0, 20.0] {
        let raw = signed("raw", [500, 2, 5], scale, &device);
        let map = NonlinearSquared::new(raw);
        let y = signed("y", [500, 2], 4.0, &device).require_grad();
        let (x, log_slope) = map.forward(y.clone());
        assert!(values(log_slope.clone()).iter().all(|slope| slope.is_finite()));
        let by_autodiff = values(y.grad(&x.clone().sum().backward()).unwrap());
        for (slope, expected) in values(log_slope.exp()).iter().zip(by_autodiff) {
            // The slope cancels down to 3 % of b at worst.
            assert!((slope / expected - 1.0).abs() < 1e-3, "slope {slope} instead of {expected}");
        }
        // By what the solution gives: where the slope is small, y itself is not told apart in f32.
        let again = map.forward(map.inverse(x.clone())).0;
        assert_close("x of the inverse", &values(again), &values(x), 1e-6);
    }
}

/// Values and log-determinant of a prior's map of one sequence.
fn jacobian(prior: &LatentPrior, z: &Tensor<3>) -> f64 {
    let size = z.dims().iter().product::<usize>();
    let mut rows: Vec<Vec<f64>> = (0..size)
        .map(|i| {
            let (e, _) = prior.forward(z.clone());
            let gradients = e.reshape([size]).narrow(0, i, 1).sum().backward();
            values(z.grad(&gradients).unwrap()).into_iter().map(f64::from).collect()
        })
        .collect();
    let mut log_det = 0.0;
    for column in 0..size {
        let pivot = (column..size).max_by(|&a, &b| rows[a][column].abs().total_cmp(&rows[b][column].abs())).unwrap();
        rows.swap(column, pivot);
        log_det += rows[column][column].abs().ln();
        for row in column + 1..size {
            let factor = rows[row][column] / rows[column][column];
            for k in column..size {
                rows[row][k] -= factor * rows[column][k];
            }
        }
    }
    log_det
}

fn hashed_prior(order: TimeOrder, coupling: bool, dim: usize, device: &Device) -> LatentPrior {
    hashed(prior(order, coupling, dim).init(device))
}

#[test]
fn every_prior_inverts_and_its_volume_is_that_of_its_jacobian() {
    let device = device().autodiff();
    for (order, coupling) in TABLE {
        let prior = hashed_prior(order, coupling, 3, &device);
        let z = signed("z", [1, 3, 3], 1.5, &device).require_grad();
        let (e, log_det) = prior.forward(z.clone());
        assert_close("inverse", &values(prior.inverse(e)), &values(z.clone()), 1e-5);
        let (found, expected) = (f64::from(values(log_det)[0]), jacobian(&prior, &z));
        assert!((found - expected).abs() < 1e-4, "{order:?}, coupling {coupling}: {found} instead of {expected}");
    }
}

#[test]
fn a_step_sees_the_steps_before_and_no_others() {
    let device = device();
    for (order, coupling) in TABLE {
        let prior = hashed_prior(order, coupling, 3, &device);
        let z = signed("z", [1, 4, 3], 1.0, &device);
        let moved = z.clone().slice_assign([0..1, 2..3, 1..2], Tensor::full([1, 1, 1], 0.77, &device));
        let changed = |a: Tensor<3>, b: Tensor<3>| -> Vec<bool> {
            values((a - b).abs().sum_dim(2)).into_iter().map(|gap| gap > 0.0).collect()
        };
        let expected = [false, false, true, true];
        assert_eq!(changed(prior.forward(z.clone()).0, prior.forward(moved.clone()).0), expected, "{order:?}");
        assert_eq!(changed(prior.inverse(z), prior.inverse(moved)), expected, "{order:?}");
    }
}

#[test]
fn a_prior_of_one_dimension_integrates_to_one() {
    let device = device();
    let (count, step) = (4000, 5e-3);
    let grid: Vec<f32> = (0..count).map(|i| (-10.0 + step * (f64::from(i) + 0.5)) as f32).collect();
    let z = Tensor::<3>::from_data(TensorData::new(grid, [count as usize, 1, 1]), &device);
    for coupling in [false, true] {
        let log_prob = hashed_prior(TimeOrder::Autoregressive, coupling, 1, &device).log_prob(z.clone());
        let mass: f64 = values(log_prob).into_iter().map(|log| f64::from(log).exp() * step).sum();
        assert!((mass - 1.0).abs() < 1e-4, "mass {mass}"); // midpoint rule over twenty units
    }
}

#[test]
fn the_bound_stays_below_the_likelihood_and_importance_weights_bring_it_near() {
    let device = device();
    let model = hashed(
        LatentFlowVaeConfig::new(2, prior(TimeOrder::Autoregressive, false, 2))
            .with_embed_dim(2)
            .with_hidden(3)
            .init(&device),
    );
    let (draws, length) = (20_000, 2);
    // Box-Muller of hashed uniforms.
    let normal = |name: &str, rows: usize| {
        let (a, b) = (uniform(&format!("{name}.a"), rows * 4), uniform(&format!("{name}.b"), rows * 4));
        let pairs = a.into_iter().zip(b);
        let values = pairs.map(|(a, b)| ((-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()) as f32);
        Tensor::<3>::from_data(TensorData::new(values.collect::<Vec<_>>(), [rows, length, 2]), &device)
    };
    // P(x) = E_p(z) [p(x | z)] by draws of the prior.
    let conditional = model.decode(model.prior.sample(normal("prior", draws))).log_probs();
    let conditional = values(conditional);
    for x in [[0_usize, 0], [0, 1], [1, 0], [1, 1]] {
        let p = conditional.chunks(4).map(|row| f64::from(row[x[0]] + row[2 + x[1]]).exp()).sum::<f64>() / draws as f64;
        let ids = Tensor::<2, Int>::from_data(TensorData::new(vec![x[0] as i64, x[1] as i64], [1, 2]), &device);
        let terms = model.forward(ids.repeat_dim(0, draws), normal("posterior", draws));
        let mut elbo = ElboAccumulator::new();
        elbo.update_tensor(terms.elbo(), length).unwrap();
        let mut iwbo = IwboAccumulator::new(1);
        iwbo.update_tensor(terms.elbo().reshape([draws, 1])).unwrap();
        let (elbo, error, iwbo) = (elbo.mean().value(), elbo.standard_error().value(), iwbo.bounds()[0]);
        assert!(elbo < p.ln() + 3.0 * error, "{x:?}: bound {elbo}, ln P {}", p.ln());
        // Heavy weights at 20,000 draws: good to a percent or two.
        assert!((iwbo - p.ln()).abs() < 0.05 && elbo < iwbo, "{x:?}: {iwbo} against {}", p.ln());
    }
}

#[test]
fn sampled_sequences_have_classes_and_the_weight_warms_up() {
    let device = device();
    let model = hashed(vae(TimeOrder::InverseAutoregressive, true).init(&device));
    let u = Tensor::from_data(
        TensorData::new(uniform("u", 60).into_iter().map(|u| u as f32).collect::<Vec<_>>(), [3, 4, 5]),
        &device,
    );
    let ids = model.sample(signed("noise", [3, 4, 3], 2.0, &device), u).into_data();
    assert!(ids.iter::<i64>().all(|id| (0..5).contains(&id)));

    let warm_up = KlWarmUp::new();
    let weights: Vec<f64> = [0.0, 1.9, 4.0, 6.0, 30.0].iter().map(|&epoch| warm_up.weight(epoch)).collect();
    assert_eq!(weights, [1e-5, 1e-5, 1e-5 + (1.0 - 1e-5) * 0.5, 1.0, 1.0]);
    assert_eq!(KlWarmUp::new().with_flat(0.0).with_ramp(0.0).weight(0.0), 1.0);
}

#[test]
fn the_published_rows_differ_in_order_layers_and_size() {
    let (af, iaf) = (
        LatentFlowVaeConfig::autoregressive_paper(27, 256),
        LatentFlowVaeConfig::inverse_autoregressive_paper(27, 256),
    );
    assert!(af.check().is_ok() && iaf.check().is_ok());
    assert_eq!((af.prior.dim, af.prior.flow_layers, iaf.prior.flow_layers), (50, 5, 3));
    let small = |config: LatentFlowVaeConfig| {
        let prior = config.prior.clone().with_hidden(8).with_lstm_layers(1);
        LatentFlowVaeConfig { prior, ..config }.with_hidden(8).with_embed_dim(8).init(&device()).num_params()
    };
    assert!(small(af) > small(iaf));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let good = || prior(TimeOrder::Autoregressive, false, 3);
    for (message, field) in [
        (LatentPriorConfig { dim: 0, ..good() }.check(), "LatentPriorConfig.dim"),
        (good().with_flow_hidden(2).check(), "LatentPriorConfig.flow_hidden"),
        (good().with_flow_layers(0).check(), "LatentPriorConfig.flow_layers"),
        (LatentFlowVaeConfig::new(1, good()).check(), "LatentFlowVaeConfig.classes"),
        (LatentFlowVaeConfig::new(5, good()).with_layers(0).check(), "LatentFlowVaeConfig.layers"),
        (KlWarmUp::new().with_start(-1.0).check(), "KlWarmUp.start"),
        (KlWarmUp::new().with_ramp(f64::NAN).check(), "KlWarmUp.ramp"),
    ] {
        let message = message.unwrap_err().to_string();
        assert!(message.starts_with(&format!("{field} is ")), "{message}");
    }
}
