//! Another backend draws from fixed noise what Flex draws. Needs one: a build with its feature, and `BURN_DEVICE` (docs/src/backends.md).

mod common;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use common::{assert_close, device, hashed, signed, values};
use halation_models::diffusion::denoiser::{Denoiser, DitDenoiserConfig, TextDenoiserConfig};
use halation_models::diffusion::discrete::{Decoder, DiscreteDiffusion, SampleOptions};
use halation_models::diffusion::schedule::{CosineVariant, NoiseSchedule};
use halation_models::diffusion::transition::{Absorbing, Transition, Uniform};
use halation_models::flow::{
    AutoregressiveFlowConfig, CouplingTextFlowConfig, Density, Flow, ImageFlowConfig, SplineCouplingConfig,
};

const CLASSES: usize = 5;
const LENGTH: usize = 6;
const STEPS: usize = 20;

/// What one model draws on a device.
type Draw = fn(&Device) -> Vec<f32>;

const DRAWS: [(&str, Draw); 6] = [
    ("autoregressive flow", |device| {
        let flow = hashed(AutoregressiveFlowConfig::new(3, 16, LENGTH).with_mixtures(3).init(device));
        values(flow.sample(signed("noise", [2, LENGTH, 3], 2.0, device)))
    }),
    ("coupling flow", |device| {
        let config = CouplingTextFlowConfig::new(3, 8, LENGTH).with_steps(3).with_mixtures(2).with_layers(1);
        values(hashed(config.with_act_norm(true).init(device)).sample(signed("noise", [2, LENGTH, 3], 2.0, device)))
    }),
    ("spline coupling", |device| {
        let flow = hashed(SplineCouplingConfig::new(3, 8, LENGTH).init(device));
        values(flow.inverse(signed("noise", [2, LENGTH, 3], 2.0, device)).0)
    }),
    ("image flow", |device| {
        let config = ImageFlowConfig::new(1).with_levels(2).with_steps(2).with_width(4).with_depth(2).with_growth(3);
        values(config.init(device).sample(signed("noise", [2, 1, 8, 8], 2.0, device)))
    }),
    ("multinomial diffusion", |device| {
        let denoiser = hashed(
            TextDenoiserConfig::new(CLASSES, LENGTH, 3)
                .with_dim(16)
                .with_depth(2)
                .with_heads(2)
                .with_local_heads(1)
                .init(device),
        );
        let schedule = NoiseSchedule::cosine(STEPS, CosineVariant::Clipped).expect("there are steps");
        diffuse(Uniform::new(CLASSES, schedule), &denoiser, device)
    }),
    ("absorbing diffusion", |device| {
        let config = DitDenoiserConfig::new(CLASSES).with_inputs(CLASSES + 1).with_dim(12).with_depth(2).with_heads(3);
        let schedule = NoiseSchedule::absorbing(STEPS).expect("there are steps");
        diffuse(Absorbing::new(CLASSES, schedule), &hashed(config.init(device)), device)
    }),
];

/// The classes that a chain ends with; noise of another draw at every step.
fn diffuse(kernel: impl Transition + 'static, denoiser: &dyn Denoiser, device: &Device) -> Vec<f32> {
    let diffusion = DiscreteDiffusion::new(Arc::new(kernel), Decoder::Posterior, 0.0).expect("a valid weight");
    let mut step = 0;
    let mut noise = |shape: [usize; 3]| -> Tensor<3> {
        step += 1;
        signed(&format!("noise {step}"), shape, 0.5, device) + 0.5
    };
    let ids = diffusion.sample(denoiser, [16, LENGTH], &diffusion.all_steps(), SampleOptions::default(), &mut noise);
    values(ids.expect("the steps fall").float())
}

#[test]
#[allow(clippy::print_stderr)] // says that it was skipped
fn samples_from_fixed_noise_are_those_of_flex() {
    if device() == Device::flex() {
        eprintln!("skipped: this build has Flex alone, or BURN_DEVICE names no other backend");
        return;
    }
    for (name, draw) in DRAWS {
        let (ours, flex) = (draw(&device()), draw(&Device::flex()));
        assert!(flex.iter().any(|value| *value != flex[0]), "{name}: a constant sample shows nothing");
        assert_close(name, &ours, &flex, 1e-4);
    }
}
