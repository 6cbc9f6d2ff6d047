//! Times of training steps on the CPU, as one JSON line. The same work in PyTorch: xtask/bench/pytorch_steps.py.
//!
//! * `heads`: both towers' heads and the PCME loss on cached features, forward and backward. B = 128, J = 7, D = 1024,
//!   feature maps [128, 2048, 7, 7], word vectors [128, 16, 300] of lengths 8 to 16, prior weight 1e-5, fresh noise.
//! * `resnet18`: ResNet-18 with 1000 classes and cross-entropy on [16, 3, 64, 64], forward and backward in train mode.
//!
//! `cargo bench -p halation-models --bench steps [--profile dev] -- [heads|resnet18] [--repeats N]`
#![allow(clippy::print_stdout)] // its job

use std::time::Instant;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLossConfig, Reduction};
use burn::tensor::{Device, Distribution, Int, Tensor};
use halation_core::loss::{MatchMatrix, SoftContrastiveLossConfig};
use halation_models::encoder::ResNetConfig;
use halation_models::pcme::PcmeConfig;

const BATCH: usize = 128;
const SAMPLES: usize = 7;
const EMBED: usize = 1024;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return; // `cargo test --all-targets` only asks whether it runs
    }
    let repeats = arguments
        .iter()
        .position(|argument| argument == "--repeats")
        .and_then(|position| arguments.get(position + 1)?.parse().ok())
        .unwrap_or(10);
    let only = arguments.iter().find(|argument| ["heads", "resnet18"].contains(&argument.as_str()));
    let wanted = |name: &str| only.is_none_or(|only| only == name);

    let device = Device::default().autodiff();
    let mut entries = Vec::new();
    if wanted("heads") {
        entries.push(entry("heads", repeats, heads(&device)));
    }
    if wanted("resnet18") {
        entries.push(entry("resnet18", repeats, resnet18(&device)));
    }
    println!("{{\"library\":\"halation\",\"unit\":\"ms\",{}}}", entries.join(","));
}

/// Minimum, median and maximum of some steps after two to warm up.
fn entry(name: &str, repeats: usize, mut step: impl FnMut() -> f32) -> String {
    let mut times: Vec<f64> = (0..repeats + 2)
        .map(|_| {
            let start = Instant::now();
            assert!(step().is_finite());
            start.elapsed().as_secs_f64() * 1e3
        })
        .skip(2)
        .collect();
    times.sort_by(f64::total_cmp);
    let (min, median, max) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    format!("\"{name}\":{{\"min\":{min:.1},\"median\":{median:.1},\"max\":{max:.1}}}")
}

/// Heads and loss on cached features.
fn heads(device: &Device) -> impl FnMut() -> f32 {
    let model = PcmeConfig::new(ResNetConfig::resnet152(), 10).with_embed_dim(EMBED).init(device).freeze_backbones();
    let loss = SoftContrastiveLossConfig::new().init(device).expect("the defaults are valid");
    let normal = Distribution::Normal(0.0, 1.0);
    let features = Tensor::<4>::random([BATCH, 2048, 7, 7], Distribution::Uniform(0.0, 1.0), device);
    let words = Tensor::<3>::random([BATCH, 16, 300], Distribution::Normal(0.0, 0.4), device);
    let lengths: Vec<usize> = (0..BATCH).map(|row| 8 + row * 5 % 9).collect();
    let matches = MatchMatrix::identity(BATCH, device);
    let device = device.clone();
    move || {
        let image = model.embed_features(features.clone()).into_normal().expect("a model of distributions");
        let text = model.text.forward_vectors(words.clone(), &lengths).and_then(|e| e.into_normal()).expect("as above");
        let noise = || Tensor::<3>::random([BATCH, SAMPLES, EMBED], normal, &device.clone().without_autodiff());
        let noise = || Tensor::from_inner(noise());
        let contrast = loss.forward(image.rsample(noise()), text.rsample(noise()), &matches, Reduction::Sum);
        let prior = image.kl_standard().sum() + text.kl_standard().sum();
        let total = contrast + prior * 1e-5;
        let gradients = total.backward();
        assert!(model.image.fc.weight.val().grad(&gradients).is_some());
        total.into_scalar()
    }
}

/// A step of an image classifier.
fn resnet18(device: &Device) -> impl FnMut() -> f32 {
    let model = ResNetConfig::resnet18().with_classes(Some(1000)).init(device);
    let images = Tensor::<4>::random([16, 3, 64, 64], Distribution::Normal(0.0, 1.0), device);
    let labels = Tensor::<1, Int>::arange(0..16, device);
    let loss = CrossEntropyLossConfig::new().init(device);
    assert!(model.num_params() > 11_000_000);
    move || {
        let logits = model.logits(images.clone()).expect("it has a classifier");
        let total = loss.forward(logits, labels.clone());
        let gradients = total.backward();
        assert!(model.conv1.weight.val().grad(&gradients).is_some());
        total.into_scalar()
    }
}
