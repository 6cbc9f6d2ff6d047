//! Training steps of heads and losses on cached features, and of an image encoder.

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLossConfig, Reduction};
use burn::tensor::{Device, Distribution, Int, Tensor};
use halation_core::loss::{
    ClosedFormMatchLossConfig, InclusionLossConfig, MatchMatrix, PriorKl, ProLipLossConfig, SoftContrastiveLossConfig,
};
use halation_models::encoder::ResNetConfig;
use halation_models::head::{PcmePpHeadConfig, ProLipHeadConfig};
use halation_models::pcme::PcmeConfig;

use super::Step;

const BATCH: usize = 128;
const SAMPLES: usize = 7;
const EMBED: usize = 1024;

/// Heads and loss on cached features.
pub(crate) fn heads(device: &Device) -> Step {
    let model = PcmeConfig::new(ResNetConfig::resnet152(), 10).with_embed_dim(EMBED).init(device).freeze_backbones();
    let loss = SoftContrastiveLossConfig::new().init(device).expect("the defaults are valid");
    let normal = Distribution::Normal(0.0, 1.0);
    let features = Tensor::<4>::random([BATCH, 2048, 7, 7], Distribution::Uniform(0.0, 1.0), device);
    let words = Tensor::<3>::random([BATCH, 16, 300], Distribution::Normal(0.0, 0.4), device);
    let lengths: Vec<usize> = (0..BATCH).map(|row| 8 + row * 5 % 9).collect();
    let matches = MatchMatrix::identity(BATCH, device);
    let device = device.clone();
    Box::new(move || {
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
    })
}

/// PCME++ on cached tokens.
pub(crate) fn pcmepp(device: &Device) -> Step {
    let (image_head, text_head) =
        (PcmePpHeadConfig::new(768, EMBED).init(device), PcmePpHeadConfig::new(512, EMBED).init(device));
    let loss = ClosedFormMatchLossConfig::new().init(device).expect("the defaults are valid");
    let patches = Tensor::<3>::random([BATCH, 50, 768], Distribution::Normal(0.0, 1.0), device);
    let words = Tensor::<3>::random([BATCH, 32, 512], Distribution::Normal(0.0, 1.0), device);
    let (image_lengths, text_lengths) = (vec![50; BATCH], (0..BATCH).map(|row| 8 + row * 7 % 25).collect::<Vec<_>>());
    let matches = MatchMatrix::identity(BATCH, device);
    Box::new(move || {
        let image = image_head.forward(patches.clone(), patches.clone(), &image_lengths).expect("the lengths fit");
        let text = text_head.forward(words.clone(), words.clone(), &text_lengths).expect("the lengths fit");
        let prior = |side| PriorKl::PcmeppCode.forward(side, None, Reduction::Mean);
        let total = loss.forward(&image, &text, &matches, Reduction::Mean) + (prior(&image) + prior(&text)) * 1e-4;
        let gradients = total.backward();
        assert!(image_head.mean.weight.val().grad(&gradients).is_some());
        total.into_scalar()
    })
}

/// ProLIP on cached tokens.
pub(crate) fn prolip(device: &Device) -> Step {
    let (image_head, text_head) =
        (ProLipHeadConfig::new(768, EMBED).init(device), ProLipHeadConfig::new(512, EMBED).init(device));
    let loss = ProLipLossConfig::new().init(device).expect("the defaults are valid");
    let inclusion = InclusionLossConfig::new().init().expect("the defaults are valid");
    let tokens = |width| Tensor::<2>::random([BATCH, width], Distribution::Normal(0.0, 1.0), device);
    let (image_class, image_unc, text_class, text_unc) = (tokens(768), tokens(768), tokens(512), tokens(512));
    let matches = MatchMatrix::identity(BATCH, device);
    Box::new(move || {
        let image = image_head.forward(image_class.clone(), image_unc.clone());
        let text = text_head.forward(text_class.clone(), text_unc.clone());
        let prior = |side| PriorKl::Exact.forward(side, None, Reduction::Mean);
        let total = loss.forward(&image, &text, &matches, Reduction::Mean)
            + inclusion.forward(&image, &text, Reduction::Mean) * 1e-2
            + (prior(&image) + prior(&text)) * 1e-4;
        let gradients = total.backward();
        assert!(image_head.mean.weight.val().grad(&gradients).is_some());
        total.into_scalar()
    })
}

/// A step of an image classifier.
pub(crate) fn resnet18(device: &Device) -> Step {
    let model = ResNetConfig::resnet18().with_classes(Some(1000)).init(device);
    let images = Tensor::<4>::random([16, 3, 64, 64], Distribution::Normal(0.0, 1.0), device);
    let labels = Tensor::<1, Int>::arange(0..16, device);
    let loss = CrossEntropyLossConfig::new().init(device);
    assert!(model.num_params() > 11_000_000);
    Box::new(move || {
        let logits = model.logits(images.clone()).expect("it has a classifier");
        let total = loss.forward(logits, labels.clone());
        let gradients = total.backward();
        assert!(model.conv1.weight.val().grad(&gradients).is_some());
        total.into_scalar()
    })
}
