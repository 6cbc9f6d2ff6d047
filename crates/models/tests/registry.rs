//! One walk over every encoder, head and model: forward, backward, all parameters get a gradient, all finite,
//! save and load equal. A new module is tested by a line in the table.

mod common;

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use common::{device, gradients, hashed, signed, tensors, values};
use halation_core::dist::DiagNormal;
use halation_models::clip::{
    BranchedText, BranchedVision, ClipConfig, ClipTextConfig, ClipVisionConfig, ProLipText, ProLipVision, TokenStreams,
};
use halation_models::encoder::{BatchNorm2dConfig, BiGruConfig, PackedWords, ResNetConfig, WordTableConfig, Words};
use halation_models::flow::{
    ActNormConfig, AutoregressiveFlowConfig, ConditionalImageFlowConfig, CouplingTextFlowConfig, Density,
    DiagonalBaseConfig, Flow, ImageFlowConfig, SplineCouplingConfig,
};
use halation_models::head::{
    GpoPoolingConfig, LocalAttentionConfig, MapBlockConfig, MeanHeadConfig, PcmePpHeadConfig, ProLipHeadConfig,
    SigmaHeadConfig, UncertaintyAdapterConfig,
};
use halation_models::hib::{HibConfig, HibEmbedding, HibHead};
use halation_models::pcme::PcmeConfig;
use halation_models::weights::{LoadOptions, load, save};

fn walk<M: Module>(name: &str, init: impl Fn(&Device) -> M, run: impl Fn(&M, &Device) -> Vec<Tensor<2>>) {
    let train = device().autodiff();
    let module = init(&train);
    let outputs = run(&module, &train);
    let mut loss = Tensor::<1>::zeros([1], &train);
    for (index, output) in outputs.into_iter().enumerate() {
        assert!(values(output.clone()).iter().all(|x| x.is_finite()), "{name}: output {index} is not finite");
        let cotangent = signed(&format!("cotangent {index}"), output.dims(), 1.0, &train);
        loss = loss + (output * cotangent).sum();
    }
    let (found, without) = gradients(&module, &loss.backward());
    assert_eq!(without, Vec::<String>::new(), "{name}: parameters without gradient");
    assert!(!found.is_empty(), "{name}: no parameters");
    for (parameter, gradient) in &found {
        assert!(gradient.iter().all(|x| x.is_finite()), "{name}: gradient of {parameter} is not finite");
        assert!(gradient.iter().any(|&x| x != 0.0), "{name}: gradient of {parameter} is zero");
    }

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("module.safetensors");
    save(&module, &path, &BTreeMap::new()).unwrap();
    let loaded = load(init(&device()), &path, &LoadOptions::new()).unwrap();
    assert_eq!(tensors(&loaded), tensors(&module), "{name}: save and load");
    let again = |module: &M| run(module, &device()).into_iter().flat_map(values).collect::<Vec<f32>>();
    assert_eq!(again(&loaded), again(&module.valid()), "{name}: output after save and load");
}

fn parts(device: &Device) -> Tensor<3> {
    signed("parts", [3, 5, 12], 1.0, device)
}

fn whole(device: &Device) -> Tensor<2> {
    signed("whole", [3, 6], 1.0, device)
}

fn words(device: &Device) -> Words {
    Words::from_sequences(&[vec![1, 2, 3, 4], vec![5], vec![6, 1]], 0, 7, device).unwrap()
}

#[test]
fn every_module_trains_and_survives_a_file() {
    let images = |device: &Device| signed("images", [3, 3, 32, 32], 1.0, device);
    walk("BatchNorm2d", |d| BatchNorm2dConfig::new(3).init(d), |m, d| vec![m.forward(images(d)).flatten(1, 3)]);
    for (name, config) in [
        ("ResNet small", ResNetConfig::small(vec![4, 8], vec![1, 2])),
        ("ResNet-18", ResNetConfig::resnet18()),
        ("ResNet-50", ResNetConfig::resnet50()),
    ] {
        let config = config.with_classes(Some(4));
        walk(name, |d| config.init(d), |m, d| vec![m.logits(images(d)).unwrap()]);
    }
    walk("WordTable", |d| WordTableConfig::new(7).with_dim(4).init(d), |m, d| vec![m.forward(&words(d)).flatten(1, 2)]);
    walk(
        "BiGru",
        |d| BiGruConfig::new(12, 4).init(d),
        |m, d| vec![m.forward(&PackedWords::new(parts(d), &[5, 2, 3]).unwrap())],
    );
    walk(
        "LocalAttention",
        |d| LocalAttentionConfig::new(12).with_heads(2).init(d),
        |m, d| vec![m.forward(parts(d), None).pooled.flatten(1, 2)],
    );
    walk("MeanHead", |d| MeanHeadConfig::new(12, 6).init(d), |m, d| vec![m.forward(whole(d), parts(d), None)]);
    walk("SigmaHead", |d| SigmaHeadConfig::new(12, 6).init(d), |m, d| vec![m.forward(whole(d), parts(d), None).0]);
    walk(
        "MeanHead of several points",
        |d| MeanHeadConfig::new(12, 6).with_points(3).init(d),
        |m, d| vec![m.forward_set(whole(d), parts(d), None).points.flatten(1, 2)],
    );
    walk("GpoPooling", |d| GpoPoolingConfig::new().init(d), |m, d| vec![m.forward(parts(d), &[5, 2, 3]).unwrap()]);
    let both = |normal: DiagNormal| vec![normal.mean(), normal.log_std().0];
    for norm in [None, Some(0.01)] {
        walk(
            "PcmePpHead",
            |d| PcmePpHeadConfig::new(12, 6).with_sigma_norm_init(norm).init(d),
            |m, d| both(m.forward(parts(d), parts(d) * 0.5, &[5, 2, 3]).unwrap()),
        );
    }
    walk(
        "ProLipHead",
        |d| ProLipHeadConfig::new(6, 4).with_mean_bias(true).init(d),
        |m, d| both(m.forward(whole(d), whole(d) * 0.5)),
    );
    walk("MapBlock", |d| MapBlockConfig::new(12, 2).init(d), |m, d| both(m.forward(parts(d), None).token(0)));
    walk(
        "UncertaintyAdapter",
        |d| UncertaintyAdapterConfig::new(6).with_hidden(16).init(d),
        |m, d| {
            let found = m.forward(whole(d));
            vec![found.mean(), found.log_var().0, found.shape()]
        },
    );
    for head in [HibHead::Point, HibHead::Normal, HibHead::Mixture(2)] {
        walk(
            "HibEncoder",
            |d| HibConfig::new(2, 3, head).init(d),
            |m, d| match m.forward(signed("digits", [4, 1, 28, 56], 1.0, d)) {
                HibEmbedding::Point(points) => vec![points],
                HibEmbedding::Normal(normal) => both(normal),
                HibEmbedding::Mixture(m) => vec![m.weights_logits, m.means.flatten(1, 2), m.log_stds.flatten(1, 2)],
            },
        );
    }
    for uncertainty in [true, false] {
        let config = PcmeConfig::new(ResNetConfig::small(vec![4, 8], vec![1, 1]), 7)
            .with_word_dim(6)
            .with_embed_dim(4)
            .with_uncertainty(uncertainty);
        walk(
            if uncertainty { "Pcme" } else { "Pcme of points" },
            |d| config.init(d),
            |m, d| {
                [m.embed_images(images(d)), m.embed_captions(&words(d))]
                    .into_iter()
                    .flat_map(|e| std::iter::once(e.mean()).chain(e.normal().map(|n| n.log_std().0)))
                    .collect()
            },
        );
    }
    clip_towers();
    flows();
}

/// CLIP and its forms with uncertainty, of two blocks.
fn clip_towers() {
    let images = |device: &Device| signed("images", [3, 3, 32, 32], 1.0, device);
    let vision = ClipVisionConfig::new(32, 16, 8, 2, 2, 6);
    let text = ClipTextConfig::new(12, 2, 3, 6).with_vocabulary(7).with_context(5);
    walk(
        "Clip",
        |d| ClipConfig::new(vision.clone(), text.clone()).init(d),
        |m, d| {
            let captions = m.embed_captions(&words(d)).unwrap();
            vec![m.logits(m.embed_images(images(d)).unwrap(), captions)]
        },
    );
    let both = |streams: TokenStreams| vec![streams.mean.flatten(1, 2), streams.sigma.flatten(1, 2)];
    walk(
        "BranchedVision",
        |d| BranchedVision::new(vision.init(d), &vision, 1, d).unwrap(),
        |m, d| both(m.forward(images(d)).unwrap()),
    );
    walk(
        "BranchedText",
        |d| BranchedText::new(text.init(d), &text, 1, d).unwrap(),
        |m, d| both(m.forward(&words(d)).unwrap()),
    );
    walk(
        "ProLipVision",
        |d| ProLipVision::new(vision.init(d), -10.0, d),
        |m, d| {
            let normal = m.forward(images(d)).unwrap();
            vec![normal.mean(), normal.log_var().0]
        },
    );
    walk(
        "ProLipText",
        |d| ProLipText::new(text.init(d), -10.0, d),
        |m, d| {
            let normal = m.forward(&words(d)).unwrap();
            vec![normal.mean(), normal.log_var().0]
        },
    );
}

/// Layers and whole flows; hashed, since layers that start at zero pass no gradient on.
fn flows() {
    let text = |device: &Device| signed("text", [3, 5, 3], 2.0, device);
    let images = |device: &Device| signed("label maps", [3, 2, 4, 4], 2.0, device);
    let both = |(z, log_det): (Tensor<3>, Tensor<1>)| vec![z.flatten(1, 2), log_det.unsqueeze_dim(1)];
    walk("DiagonalBase", |d| DiagonalBaseConfig::new(3).init(d), |m, d| vec![m.log_prob(text(d)).unsqueeze_dim(1)]);
    walk("ActNorm", |d| hashed(ActNormConfig::new(3).init(d)), |m, d| both(m.forward(text(d))));
    walk(
        "SplineCoupling",
        |d| hashed(SplineCouplingConfig::new(3, 8, 6).with_bins(4).init(d)),
        |m, d| both(m.forward(text(d))),
    );
    walk(
        "CouplingTextFlow",
        |d| hashed(CouplingTextFlowConfig::new(3, 8, 6).with_steps(2).with_mixtures(2).with_act_norm(true).init(d)),
        |m, d| vec![m.log_prob(text(d)).unsqueeze_dim(1)],
    );
    walk(
        "AutoregressiveFlow",
        |d| hashed(AutoregressiveFlowConfig::new(3, 16, 6).with_mixtures(2).init(d)),
        |m, d| vec![m.log_prob(text(d)).unsqueeze_dim(1)],
    );
    walk(
        "ImageFlow",
        |d| {
            hashed(
                ImageFlowConfig::new(2).with_levels(2).with_steps(2).with_width(4).with_depth(2).with_growth(3).init(d),
            )
        },
        |m, d| vec![m.log_prob(images(d)).unsqueeze_dim(1)],
    );
    walk(
        "ConditionalImageFlow",
        |d| {
            let config =
                ConditionalImageFlowConfig::new(2, 3).with_steps(2).with_context_width(4).with_context_depth(2);
            hashed(config.with_context_growth(3).with_width(4).with_depth(2).with_growth(3).init(d))
        },
        |m, d| {
            let (u, log_q) = m.forward(images(d), signed("known", [3, 3, 4, 4], 1.0, d));
            vec![u.flatten(1, 3), log_q.unsqueeze_dim(1)]
        },
    );
}
