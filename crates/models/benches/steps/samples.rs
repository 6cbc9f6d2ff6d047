//! One text of 256 characters from each model of text.

use burn::tensor::{Device, Distribution, Int, Tensor};
use halation_models::diffusion::continuous::AlphaSchedule;
use halation_models::diffusion::continuous::sample::{Canvas, FirstHitting, Predictor, Sampler};
use halation_models::diffusion::discrete::SampleOptions;
use halation_models::flow::argmax::Surjection;
use halation_models::flow::{AutoregressiveFlowConfig, CouplingTextFlowConfig, Density};

use super::Row;
use super::categorical::{CLASSES, denoiser, multinomial, signs};

const LENGTH: usize = 256;
const WIDTH: usize = 128;

/// The autoregressive argmax flow, with a kept state and without.
pub(crate) fn autoregressive(device: &Device) -> Vec<Row> {
    let device = device.clone().without_autodiff();
    let flow = AutoregressiveFlowConfig::new(5, WIDTH, LENGTH).init(&device);
    let surjection = signs(&device);
    let cached = {
        let (flow, surjection, device) = (flow.clone(), surjection.clone(), device.clone());
        Box::new(move || read(&surjection, flow.sample(normal(&device))))
    };
    let full_passes = Box::new(move || read(&surjection, flow.sample_uncached(normal(&device))));
    vec![
        Row { suffix: "", step: cached, most: 5 },
        Row { suffix: "-full-passes", step: full_passes, most: 1 }, // about a minute
    ]
}

/// The coupling argmax flow.
pub(crate) fn coupling(device: &Device) -> Vec<Row> {
    let device = device.clone().without_autodiff();
    let flow = CouplingTextFlowConfig::new(5, WIDTH, LENGTH).init(&device);
    let surjection = signs(&device);
    let step = Box::new(move || read(&surjection, flow.sample(normal(&device))));
    vec![Row { suffix: "", step, most: 10 }]
}

/// Multinomial and masked diffusion.
pub(crate) fn diffusion(device: &Device) -> Vec<Row> {
    let device = device.clone().without_autodiff();
    let multinomial_in = |steps: usize| {
        let (model, diffusion, device) = (denoiser(WIDTH, LENGTH, CLASSES, &device), multinomial(), device.clone());
        let times = diffusion.some_steps(steps);
        Box::new(move || {
            let mut noise = |shape| Tensor::<3>::random(shape, Distribution::Uniform(0.0, 1.0), &device);
            let ids = diffusion.sample(&model, [1, LENGTH], &times, SampleOptions::default(), &mut noise);
            sum(ids.expect("the steps fall"))
        })
    };
    let first_hitting = {
        let (model, device) = (denoiser(WIDTH, LENGTH, CLASSES + 1, &device), device.clone());
        let mut calls: u64 = 0;
        let mut uniforms = move |count: usize| -> Vec<f64> {
            (0..count)
                .map(|_| {
                    calls += 1;
                    (0.618_033_988_75 * calls as f64).fract()
                })
                .collect()
        };
        Box::new(move || {
            let mut predictor = Predictor::new(&model, CLASSES, &device);
            let sampler = FirstHitting { schedule: AlphaSchedule::Linear };
            let rows = sampler.sample(&mut predictor, &Canvas::blank(1, LENGTH), &mut uniforms);
            rows.iter().flatten().sum::<usize>() as f32
        })
    };
    vec![
        Row { suffix: "-1000", step: multinomial_in(1000), most: 1 },
        Row { suffix: "-100", step: multinomial_in(100), most: 3 },
        Row { suffix: "-first-hitting", step: first_hitting, most: 3 },
    ]
}

fn normal(device: &Device) -> Tensor<3> {
    Tensor::random([1, LENGTH, 5], Distribution::Normal(0.0, 1.0), device)
}

/// The characters of a point, added up.
fn read(surjection: &Surjection, points: Tensor<3>) -> f32 {
    sum(surjection.decode(points).expect("unused codes are mapped").ids)
}

fn sum(ids: Tensor<2, Int>) -> f32 {
    ids.sum().float().into_scalar()
}
