//! AdamP against the package of its authors.

use std::collections::BTreeMap;

use burn::optim::Optimizer;
use burn::tensor::{Device, Tensor, TensorData};
use halation_train::optim::AdamP;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    /// Starts and gradients are whole numbers of `1 / unit`.
    unit: f32,
    cases: Vec<Case>,
}

#[derive(Deserialize, Clone, Copy)]
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
    settings: Settings,
    start: Vec<f32>,
    grads: Vec<Vec<f32>>,
    /// By step, from 1.
    after: BTreeMap<usize, Vec<f32>>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("goldens/adamp.json")).unwrap()
}

/// Runs a case and returns the largest difference from the reference over all steps; `turned` runs it transposed.
fn difference<const D: usize>(unit: f32, settings: Settings, case: &Case, turned: bool) -> f32 {
    let device = Device::flex();
    let shape: [usize; D] = case.shape.clone().try_into().unwrap();
    let Settings { lr, betas, eps, weight_decay, delta, wd_ratio } = settings;
    let optimizer = AdamP { betas, epsilon: eps, weight_decay, delta, wd_ratio, rows_are_channels: !turned };
    let turn = |tensor: Tensor<D>| if turned { tensor.swap_dims(0, 1) } else { tensor };
    let make = |values: &Vec<f32>| turn(Tensor::<D>::from_data(TensorData::new(values.clone(), shape), &device));
    let (mut weight, mut state) = (make(&case.start) / unit, None);
    let mut worst = 0.0_f32;
    for (grad, step) in case.grads.iter().zip(1..) {
        (weight, state) = optimizer.step(lr, weight, make(grad) / unit, state);
        if let Some(after) = case.after.get(&step) {
            let off: Vec<f32> = (weight.clone() - make(after)).abs().into_data().try_to_vec().unwrap();
            worst = off.into_iter().fold(worst, f32::max);
        }
    }
    worst
}

#[test]
fn twenty_steps_of_vectors_matrices_and_kernels_are_those_of_the_reference() {
    let Golden { unit, cases } = golden();
    let ranks: Vec<usize> = cases.iter().map(|case| case.shape.len()).collect();
    assert!([1, 2, 4].iter().all(|rank| ranks.contains(rank)));
    for case in &cases {
        assert_eq!((case.grads.len(), case.after.keys().max()), (20, Some(&20)));
        let worst = match case.shape.len() {
            1 => difference::<1>(unit, case.settings, case, false),
            2 => {
                difference::<2>(unit, case.settings, case, false).max(difference::<2>(unit, case.settings, case, true))
            }
            _ => difference::<4>(unit, case.settings, case, false),
        };
        // Weights below 1 in f32 through twenty steps of ten operations, against f64.
        assert!(worst < 1e-6, "{:?} {}: {worst}", case.shape, case.kind);
    }
}

#[test]
fn the_projection_matters_in_the_projected_cases_only() {
    // With delta 0 nothing counts as scale-invariant: the steps must then differ exactly where the reference projects.
    let Golden { unit, cases } = golden();
    for case in &cases {
        let never = Settings { delta: 0.0, ..case.settings };
        let worst = match case.shape.len() {
            1 => difference::<1>(unit, never, case, false),
            2 => difference::<2>(unit, never, case, false),
            _ => difference::<4>(unit, never, case, false),
        };
        assert_eq!(worst > 1e-4, case.kind != "free" && case.shape.len() > 1, "{:?} {}", case.shape, case.kind);
    }
}

#[test]
fn the_weight_decay_ratio_matters_in_the_projected_cases_with_weight_decay_only() {
    let Golden { unit, cases } = golden();
    for case in cases.iter().filter(|case| case.shape.len() == 2) {
        let whole = Settings { wd_ratio: 1.0, ..case.settings };
        let moved = difference::<2>(unit, whole, case, false) > 1e-4;
        assert_eq!(moved, case.kind != "free" && case.settings.weight_decay > 0.0, "{}", case.kind);
    }
}
