//! AdamP against the package of its authors.

use burn::optim::Optimizer;
use burn::tensor::{Device, Tensor, TensorData};
use halation_train::optim::AdamP;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    settings: Settings,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Settings {
    lr: f64,
    betas: [f64; 2],
    eps: f64,
    weight_decay: f64,
    delta: f64,
    wd_ratio: f64,
}

#[derive(Deserialize)]
struct Case {
    shape: Vec<usize>,
    kind: String,
    start: Vec<f32>,
    grads: Vec<Vec<f32>>,
    after: Vec<Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("goldens/adamp.json")).unwrap()
}

/// Runs a case and returns the largest difference from the reference over all steps; `turned` runs it transposed.
fn difference<const D: usize>(settings: &Settings, case: &Case, turned: bool) -> f32 {
    let device = Device::flex();
    let shape: [usize; D] = case.shape.clone().try_into().unwrap();
    let &Settings { lr, betas, eps, weight_decay, delta, wd_ratio } = settings;
    let optimizer = AdamP { betas, epsilon: eps, weight_decay, delta, wd_ratio, rows_are_channels: !turned };
    let turn = |tensor: Tensor<D>| if turned { tensor.swap_dims(0, 1) } else { tensor };
    let make = |values: &Vec<f32>| turn(Tensor::<D>::from_data(TensorData::new(values.clone(), shape), &device));
    let (mut weight, mut state) = (make(&case.start), None);
    let mut worst = 0.0_f32;
    for (grad, after) in case.grads.iter().zip(&case.after) {
        (weight, state) = optimizer.step(lr, weight, make(grad), state);
        let off: Vec<f32> = (weight.clone() - make(after)).abs().into_data().try_to_vec().unwrap();
        worst = off.into_iter().fold(worst, f32::max);
    }
    worst
}

#[test]
fn every_branch_takes_the_steps_of_the_reference() {
    let Golden { settings, cases } = golden();
    assert_eq!(
        cases.iter().map(|case| case.kind.as_str()).collect::<Vec<_>>(),
        ["free", "channel", "layer", "channel", "free"]
    );
    for case in &cases {
        let worst = match case.shape.len() {
            1 => difference::<1>(&settings, case, false),
            2 => difference::<2>(&settings, case, false).max(difference::<2>(&settings, case, true)),
            _ => difference::<4>(&settings, case, false),
        };
        // Weights are of order 1 to 3 and kept in f32 through four steps of ten operations.
        assert!(worst < 2e-6, "{:?} {}: {worst}", case.shape, case.kind);
    }
}

#[test]
fn the_projection_matters_in_the_projected_cases_only() {
    // With delta 0 nothing counts as scale-invariant: the steps must then differ exactly where the reference projects.
    let Golden { settings, cases } = golden();
    let never = Settings { delta: 0.0, ..settings };
    for case in cases.iter().filter(|case| case.shape.len() == 2) {
        let moved = difference::<2>(&never, case, false) > 1e-4;
        assert_eq!(moved, case.kind != "free", "{}", case.kind);
    }
}
