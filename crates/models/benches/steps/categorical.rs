//! Training steps of models of text.

use std::sync::Arc;

use burn::module::Param;
use burn::tensor::{Device, Distribution, Int, Tensor};
use halation_models::diffusion::denoiser::{TextDenoiser, TextDenoiserConfig};
use halation_models::diffusion::discrete::{Decoder, DiscreteDiffusion, TimeSampler, TimeSamplerKind};
use halation_models::diffusion::schedule::{CosineVariant, NoiseSchedule};
use halation_models::diffusion::transition::Uniform;
use halation_models::flow::argmax::{
    ArgmaxInverse, ContextConfig, RecurrentContextConfig, Surjection, SurjectionConfig, SurjectionMethod,
};
use halation_models::flow::{AutoregressiveFlowConfig, CategoricalFlow, SequenceDensity};

use super::Step;

/// Characters.
pub(crate) const CLASSES: usize = 27;
/// Steps of the diffusion.
pub(crate) const TIMES: usize = 1000;

/// A step of multinomial diffusion.
pub(crate) fn text_denoiser(device: &Device) -> Step {
    const BATCH: usize = 8;
    const LENGTH: usize = 256;
    let model = denoiser(256, LENGTH, CLASSES, device);
    let diffusion = multinomial();
    let sampler = TimeSampler::new(TimeSamplerKind::Uniform, TIMES).expect("there are steps");
    let x0 = text([BATCH, LENGTH], device);
    let device = device.clone().without_autodiff();
    let mut calls = 0;
    Box::new(move || {
        calls += 1;
        let golden = |row: usize| (0.618_034 * (calls * BATCH + row) as f64).fract();
        let draw = sampler.sample(&(0..BATCH).map(golden).collect::<Vec<_>>());
        let uniforms = Tensor::<3>::random([BATCH, LENGTH, CLASSES], Distribution::Uniform(0.0, 1.0), &device);
        let loss = diffusion.loss(&model, x0.clone(), &draw.t, &draw.q_t, Tensor::from_inner(uniforms));
        let total = loss.objective.mean();
        let gradients = total.backward();
        assert!(model.positions.rows.val().grad(&gradients).is_some());
        total.into_scalar()
    })
}

/// A step of the autoregressive argmax flow.
pub(crate) fn ar_flow(device: &Device) -> Step {
    const BATCH: usize = 16;
    const LENGTH: usize = 64;
    let density = AutoregressiveFlowConfig::new(5, 512, LENGTH).init(device);
    let first_weight = density.net.input.weight.clone();
    let model = CategoricalFlow { surjection: signs(device), density: SequenceDensity::Autoregressive(density) };
    let ids = text([BATCH, LENGTH], device);
    let device = device.clone().without_autodiff();
    Box::new(move || {
        let noise = Tensor::<3>::random([BATCH, LENGTH, 5], Distribution::Normal(0.0, 1.0), &device);
        let total = -model.log_weight(ids.clone(), Tensor::from_inner(noise), None).mean();
        let gradients = total.backward();
        assert!(first_weight.val().grad(&gradients).is_some());
        total.into_scalar()
    })
}

/// Signs of five bits with a context over the whole sequence.
pub(crate) fn signs(device: &Device) -> Surjection {
    let context = ContextConfig::Recurrent(RecurrentContextConfig::new(CLASSES));
    SurjectionConfig::new(SurjectionMethod::Argmax(ArgmaxInverse::Sign), context).init(device)
}

/// Uniform noise on characters.
pub(crate) fn multinomial() -> DiscreteDiffusion {
    let schedule = NoiseSchedule::cosine(TIMES, CosineVariant::Clipped).expect("there are steps");
    DiscreteDiffusion::new(Arc::new(Uniform::new(CLASSES, schedule)), Decoder::Posterior, 0.0).expect("a valid weight")
}

/// The text denoiser with an open gate: behind a closed one all gradients but one are zero.
pub(crate) fn denoiser(dim: usize, length: usize, inputs: usize, device: &Device) -> TextDenoiser {
    let config = TextDenoiserConfig::new(CLASSES, length, 128).with_inputs(inputs).with_dim(dim).with_depth(4);
    let mut model = config.with_heads(8).with_local_heads(4).init(device);
    model.gate = Param::from_tensor(Tensor::ones([1], device));
    model
}

/// Some characters.
fn text([batch, length]: [usize; 2], device: &Device) -> Tensor<2, Int> {
    let count = (batch * length) as i64;
    Tensor::<1, Int>::arange(0..count, device)
        .mul_scalar(7919)
        .remainder_scalar(CLASSES as i64)
        .reshape([batch, length])
}
