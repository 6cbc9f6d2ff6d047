//! Adamax against PyTorch's.

use burn::optim::Optimizer;
use burn::tensor::{Device, Tensor, TensorData};
use halation_train::optim::Adamax;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    /// Starts and gradients are whole numbers of `1 / unit`.
    unit: f32,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Settings {
    lr: f64,
    betas: [f64; 2],
    eps: f64,
    weight_decay: f64,
}

#[derive(Deserialize)]
struct Case {
    settings: Settings,
    start: Vec<f32>,
    grads: Vec<Vec<f32>>,
    after: Vec<f32>,
}

#[test]
fn twenty_steps_are_those_of_pytorch() {
    let Golden { unit, cases } = serde_json::from_str(include_str!("goldens/adamax.json")).unwrap();
    assert_eq!(cases.len(), 2);
    for Case { settings, start, grads, after } in cases {
        let Settings { lr, betas, eps, weight_decay } = settings;
        let optimizer = Adamax { betas, epsilon: eps, weight_decay };
        // The shape does not matter to it: everything is by element.
        let make = |values: Vec<f32>| {
            let count = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [count]), &Device::flex()) / unit
        };
        let (mut weight, mut state) = (make(start), None);
        for grad in grads {
            (weight, state) = optimizer.step(lr, weight, make(grad), state);
        }
        let found: Vec<f32> = weight.into_data().try_to_vec().unwrap();
        let worst = found.iter().zip(&after).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        // Weights below 1 in f32 through twenty steps of six operations, against f64.
        assert!(worst < 1e-6, "{worst}");
    }
}
