//! Terms of the bound and the denoisers against PyTorch (goldens of xtask/parity/diffusion.py), sizes, and laws.
//!
//! The bound of 1e-5 (relative to the largest value) is a few hundred roundings of f32; the goldens are f64.

mod common;

use std::sync::Arc;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{Named, assert_close, device, golden, gradients, hashed, relative_error, signed, uniform, values};
use halation_models::ModelError;
use halation_models::diffusion::denoiser::*;
use halation_models::diffusion::discrete::{Decoder, DiscreteDiffusion};
use halation_models::diffusion::schedule::{CosineVariant, NoiseSchedule};
use halation_models::diffusion::transition::{Absorbing, Dense, Transition, Uniform};

const BOUND: f32 = 1e-5;

fn ids(name: &str, shape: [usize; 2], classes: usize, device: &Device) -> Tensor<2, Int> {
    let values: Vec<i64> =
        uniform(name, shape[0] * shape[1]).into_iter().map(|u| (u * classes as f64) as i64).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn times(device: &Device) -> Tensor<1> {
    Tensor::from_floats([1.0 / 1024.0, 1.0 / 256.0], device)
}

fn terms_agree(name: &str, noise: impl Transition + 'static, decoder: Decoder) {
    let device = device().autodiff();
    let golden = golden(&format!("diffusion_terms_{name}.safetensors"));
    let given = |key: &str| -> Tensor<2, Int> {
        let ids: Vec<i64> = golden[key].iter().map(|&x| x as i64).collect();
        Tensor::from_data(TensorData::new(ids, [6, 4]), &device)
    };
    let (t, classes) = ([1, 2, 4, 5, 1, 3], noise.classes());
    let logits = signed("logits", [6, 4, classes], 2.0, &device).require_grad();
    let estimate = burn::tensor::activation::log_softmax(logits.clone(), 2);
    let posterior = noise.log_q_posterior(given("xt"), estimate, &t.map(|t| t - 1), &t);
    assert_close("posterior", &values(posterior.exp()), &golden["posterior"], BOUND);

    let diffusion = DiscreteDiffusion::new(Arc::new(noise), decoder, 0.0).unwrap();
    let terms = diffusion.terms(logits.clone(), given("x0"), given("xt"), &t);
    assert_close("terms", &values(terms.clone()), &golden["terms"], BOUND);
    let grads = (terms * signed("cotangent.terms", [6], 1.0, &device)).sum().backward();
    assert_close("d logits", &values(logits.grad(&grads).unwrap()), &golden["grad.logits"], BOUND);
}

#[test]
fn the_terms_under_uniform_noise_agree_with_pytorch_with_either_decoder() {
    let cosine = || NoiseSchedule::cosine(5, CosineVariant::Clipped).unwrap();
    terms_agree("uniform", Uniform::new(3, cosine()), Decoder::Posterior);
    terms_agree("direct", Uniform::new(3, cosine()), Decoder::Direct);
}

#[test]
fn the_terms_under_masks_agree_with_pytorch() {
    let noise = Absorbing::new(3, NoiseSchedule::absorbing(5).unwrap());
    terms_agree("absorbing", noise, Decoder::Posterior);
}

#[test]
fn the_terms_under_gaussian_noise_agree_with_pytorch() {
    let schedule = NoiseSchedule::linear(5, 0.1, 0.5).unwrap();
    terms_agree("gaussian", Dense::discretized_gaussian(5, schedule).unwrap(), Decoder::Posterior);
}

/// The network with hashed weights gives PyTorch's logits and gradients.
fn network_agrees<M: Module + Denoiser>(name: &str, model: M, shape: [usize; 2], inputs: usize) {
    let device = device().autodiff();
    let golden = golden(&format!("diffusion_{name}.safetensors"));
    let model = hashed(model);
    let logits = model.logits(ids("tokens", shape, inputs, &device), times(&device));
    assert_close("logits", &values(logits.clone()), &golden["logits"], BOUND);
    let cotangent = signed("cotangent.logits", logits.dims(), 1.0, &device);
    let (found, without) = gradients(&model, &(logits * cotangent).sum().backward());
    assert_eq!(without, Vec::<String>::new(), "parameters without gradient");
    let expected: Named =
        golden.iter().filter_map(|(n, v)| Some((n.strip_prefix("grad.")?.to_owned(), v.clone()))).collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, expected) in &expected {
        assert_close(&format!("d {name}"), &found[name], expected, BOUND);
    }
}

#[test]
fn the_text_denoiser_agrees_with_pytorch() {
    let config = TextDenoiserConfig::new(5, 8, 4).with_inputs(6).with_dim(12).with_depth(2).with_heads(3);
    network_agrees("text", config.with_local_heads(2).init(&device().autodiff()), [2, 8], 6);
}

#[test]
fn the_text_denoiser_with_many_windows_agrees_with_pytorch() {
    let config = TextDenoiserConfig::new(5, 8, 2).with_dim(8).with_depth(2).with_heads(2).with_local_heads(1);
    network_agrees("text_windows", config.init(&device().autodiff()), [2, 8], 5);
}

fn small_dit() -> DitDenoiserConfig {
    let config = DitDenoiserConfig::new(5).with_inputs(6).with_dim(12).with_depth(2).with_heads(3);
    config.with_cond_dim(6).with_waves(8).with_mlp_ratio(2)
}

#[test]
fn the_transformer_agrees_with_pytorch_with_and_without_a_gated_mlp_and_time() {
    network_agrees("dit_gelu", small_dit().init(&device().autodiff()), [2, 7], 6);
    let config = small_dit().with_mlp(DitMlpKind::Glu).with_time_input(false);
    network_agrees("dit_glu", config.init(&device().autodiff()), [2, 7], 6);
}

fn small_unet() -> SegmentationUnetConfig {
    SegmentationUnetConfig::new(5, 4, 8).with_dim(8).with_multipliers(vec![1, 2, 2]).with_groups(2)
}

#[test]
fn the_unet_agrees_with_pytorch() {
    // With three levels, PyTorch in f32 is further than the bound from PyTorch in f64.
    let two_levels = small_unet().with_multipliers(vec![1, 2]);
    network_agrees("unet", two_levels.init(&device().autodiff()), [2, 32], 5);
}

#[test]
fn the_published_sizes_have_the_published_numbers_of_parameters() {
    let device = device();
    assert_eq!(TextDenoiserConfig::text8().num_params(&device), 51_545_116);
    assert_eq!(TextDenoiserConfig::enwik8().num_params(&device), 51_756_289);
    assert_eq!(SegmentationUnetConfig::cityscapes().num_params(&device), 29_839_184);
}

#[test]
fn a_mask_is_one_more_vector() {
    let device = device();
    let text = TextDenoiserConfig::text8();
    assert_eq!(text.clone().with_inputs(28).num_params(&device) - text.num_params(&device), 512);
    assert_eq!(small_dit().num_params(&device) - small_dit().with_inputs(0).num_params(&device), 12);
}

/// The logits of a new network.
fn first_logits(model: &dyn Denoiser, length: usize) -> Vec<f32> {
    values(model.logits(ids("tokens", [2, length], 5, &device()), times(&device())))
}

#[test]
fn new_networks_for_text_estimate_the_uniform_distribution() {
    let text = TextDenoiserConfig::new(5, 8, 4).with_dim(12).with_depth(1).with_heads(3).with_local_heads(2);
    assert!(first_logits(&text.init(&device()), 8).iter().all(|&x| x == 0.0));
    assert!(first_logits(&small_dit().init(&device()), 8).iter().all(|&x| x == 0.0));
}

#[test]
fn a_network_without_time_gives_one_answer_at_all_times() {
    let tokens = ids("tokens", [1, 7], 6, &device()).repeat_dim(0, 2);
    for (hears, timed) in [(true, small_dit()), (false, small_dit().with_time_input(false))] {
        let model = hashed(timed.init(&device()));
        let logits = values(model.logits(tokens.clone(), times(&device())));
        assert_eq!(logits[..35] != logits[35..], hears);
    }
}

#[test]
fn local_heads_reach_the_next_window_and_no_further() {
    // One layer, local heads only: what position 0 reads is its own window of 2 and the next one.
    let config = TextDenoiserConfig::new(5, 8, 2).with_dim(8).with_depth(1).with_heads(2).with_local_heads(2);
    let model = hashed(config.init(&device()));
    let at_zero = |tokens: [i64; 8]| {
        let logits = model.logits(Tensor::from_data([tokens], &device()), Tensor::from_floats([0.5], &device()));
        values(logits)[..5].to_vec()
    };
    let plain = at_zero([0, 1, 2, 3, 4, 0, 1, 2]);
    assert_eq!(plain, at_zero([0, 1, 2, 3, 1, 1, 1, 1]));
    assert_ne!(plain, at_zero([0, 1, 2, 4, 4, 0, 1, 2]));
}

#[test]
fn dropout_hits_the_way_down_alone_and_none_of_it_at_rate_zero() {
    let (device, tokens) = (device(), || ids("tokens", [2, 32], 5, &device()));
    let all = |value: f64| move |shape: [usize; 4]| Tensor::<4>::full(shape, value, &burn::tensor::Device::default());
    let plain = hashed(small_unet().init(&device));
    let expected = values(plain.logits(tokens(), times(&device)));
    assert_eq!(values(plain.logits_with_dropout(tokens(), times(&device), &mut all(0.0))), expected);
    let dropping = hashed(small_unet().with_dropout(0.5).init(&device));
    assert_eq!(values(dropping.logits(tokens(), times(&device))), expected, "evaluation drops nothing");
    let mut levels = 0;
    let mut count = |shape: [usize; 4]| {
        levels += 1;
        all(0.9)(shape)
    };
    let kept = values(dropping.logits_with_dropout(tokens(), times(&device), &mut count));
    assert_eq!(levels, 3);
    assert!(relative_error(&kept, &expected) > 1e-3, "what is kept is doubled");
    let lost = values(dropping.logits_with_dropout(tokens(), times(&device), &mut all(0.1)));
    assert!(lost.iter().all(|x| x.is_finite()) && relative_error(&lost, &kept) > 1e-3);
}

#[test]
fn sizes_that_do_not_fit_are_refused_with_the_field() {
    let text = TextDenoiserConfig::text8;
    let unet = SegmentationUnetConfig::cityscapes;
    for (field, result) in [
        ("window", TextDenoiserConfig::new(27, 256, 100).check()),
        ("window", TextDenoiserConfig::new(27, 256, 0).check()),
        ("dim", text().with_dim(500).check()),
        ("local_heads", text().with_local_heads(17).check()),
        ("inputs", text().with_inputs(20).check()),
        ("depth", text().with_depth(0).check()),
        ("dim", small_dit().with_dim(9).check()),
        ("waves", small_dit().with_waves(2).check()),
        ("mlp_ratio", small_dit().with_mlp_ratio(0).check()),
        ("height", SegmentationUnetConfig::new(8, 20, 64).check()),
        ("multipliers", unet().with_multipliers(vec![]).check()),
        ("dim", unet().with_groups(7).check()),
        ("dropout", unet().with_dropout(1.0).check()),
    ] {
        match result {
            Err(ModelError::Config { field: found, .. }) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}
