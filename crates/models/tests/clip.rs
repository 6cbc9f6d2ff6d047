//! CLIP towers against transformers and a packed PyTorch twin with the same hashed weights (goldens of
//! xtask/parity/clip.py, computed in f64).
//!
//! Errors are `max |found - expected| / max |expected|` over a tensor. The bound of 1e-4 is the project's for whole
//! networks.

mod common;

use burn::module::Param;
use burn::tensor::{Device, Tensor};
use common::clip::{CAPTIONS, LONG_CAPTION, captions, config, hashed_bytes, small};
use common::{assert_close, device, golden, gradients, hashed, relative_error, signed, values};
use halation_models::ModelError;
use halation_models::clip::{
    BranchedText, BranchedVision, Clip, ClipActivation, ClipConfig, ClipTextConfig, ClipVisionConfig, ProLipText,
    ProLipVision, TextPooling, TokenStreams, TransformerConfig, drop_tokens, stretch_positions,
};
use halation_models::encoder::Words;
use halation_models::weights::{ClipLayout, LoadOptions, load_clip_bytes};

const BOUND: f32 = 1e-4;

fn images(device: &Device) -> Tensor<4> {
    signed("images", [2, 3, 32, 32], 2.0, device)
}

fn loaded(layout: ClipLayout, activation: ClipActivation, device: &Device) -> Clip {
    let model = config().with_activation(activation).init(device);
    load_clip_bytes(model, &hashed_bytes(layout), &LoadOptions::new()).unwrap()
}

fn logits(model: &Clip, device: &Device) -> Tensor<2> {
    let images = model.embed_images(images(device)).unwrap();
    model.logits(images, model.embed_captions(&captions(device)).unwrap())
}

#[test]
fn both_towers_and_the_logits_agree_with_transformers() {
    let golden = golden("clip_transformers.safetensors");
    let model = loaded(ClipLayout::Transformers, ClipActivation::QuickGelu, &device());
    let image = model.visual.forward(images(&device())).unwrap();
    assert_close("image tokens", &values(image.tokens), &golden["image_tokens"], BOUND);
    assert_close("image", &values(image.pooled), &golden["image"], BOUND);
    let text = model.text.forward(&captions(&device())).unwrap();
    // transformers gives a text tower's tokens after the last norm; it pads with the end token, we with 0: what is
    // compared are the captions' own tokens.
    let tokens = values(model.text.ln_final.forward(text.tokens));
    for (row, caption) in [CAPTIONS[0], CAPTIONS[1], LONG_CAPTION].iter().enumerate() {
        let own = row * LONG_CAPTION.len() * 48..(row * LONG_CAPTION.len() + caption.len()) * 48;
        assert_close("text tokens", &tokens[own.clone()], &golden["text_tokens"][own], BOUND);
    }
    assert_close("text", &values(text.pooled), &golden["text"], BOUND);
    assert_close("logits", &values(logits(&model, &device())), &golden["logits"], BOUND);
}

#[test]
fn the_exact_gelu_agrees_and_is_another_function() {
    let golden = golden("clip_transformers.safetensors");
    let model = loaded(ClipLayout::Transformers, ClipActivation::Gelu, &device());
    let found = values(logits(&model, &device()));
    assert_close("logits", &found, &golden["logits.gelu"], BOUND);
    assert_close(
        "image",
        &values(model.visual.forward(images(&device())).unwrap().pooled),
        &golden["image.gelu"],
        BOUND,
    );
    assert_close(
        "text",
        &values(model.text.forward(&captions(&device())).unwrap().pooled),
        &golden["text.gelu"],
        BOUND,
    );
    assert!(relative_error(&found, &golden["logits"]) > 10.0 * BOUND);
}

#[test]
fn gradients_agree_with_transformers() {
    let golden = golden("clip_transformers.safetensors");
    let device = device().autodiff();
    let model = loaded(ClipLayout::Transformers, ClipActivation::QuickGelu, &device);
    let logits = logits(&model, &device);
    let cotangent = signed("cotangent", logits.dims(), 1.0, &device);
    let (found, without) = gradients(&model, &(logits * cotangent).sum().backward());
    assert_eq!(without, Vec::<String>::new());
    let third = |name: &str, index: usize| {
        let all = &found[name];
        all[index * all.len() / 3..(index + 1) * all.len() / 3].to_vec()
    };
    let block = |tower: &str, index: usize| format!("{tower}.transformer.resblocks.{index}");
    let ours = [
        ("vision_model.embeddings.class_embedding", found["visual.patches.class_embedding"].clone()),
        ("vision_model.embeddings.position_embedding.weight", found["visual.patches.positional_embedding"].clone()),
        (
            "vision_model.encoder.layers.0.self_attn.k_proj.weight",
            third(&format!("{}.attn.in_proj.weight", block("visual", 0)), 1),
        ),
        (
            "vision_model.encoder.layers.2.mlp.fc2.bias",
            found[&format!("{}.mlp.c_proj.bias", block("visual", 2))].clone(),
        ),
        ("text_model.embeddings.token_embedding.weight", found["text.words.token_embedding.weight"].clone()),
        (
            "text_model.encoder.layers.1.self_attn.v_proj.weight",
            third(&format!("{}.attn.in_proj.weight", block("text", 1)), 2),
        ),
        ("text_model.final_layer_norm.weight", found["text.ln_final.weight"].clone()),
        ("text_projection.weight", found["text.proj.weight"].clone()),
        ("logit_scale", found["logit_scale"].clone()),
    ];
    assert_eq!(ours.len(), golden.keys().filter(|name| name.starts_with("grad.")).count());
    for (name, found) in ours {
        assert_close(name, &found, &golden[&format!("grad.{name}")], BOUND);
    }
}

#[test]
fn the_packed_layout_agrees_with_pytorch_s_own_attention() {
    let golden = golden("clip_packed.safetensors");
    let model = loaded(ClipLayout::OpenAi, ClipActivation::QuickGelu, &device());
    let image = model.visual.forward(images(&device())).unwrap();
    assert_close("image tokens", &values(image.tokens), &golden["image_tokens"], BOUND);
    assert_close("image", &values(image.pooled), &golden["image"], BOUND);
    let text = model.text.forward(&captions(&device())).unwrap();
    assert_close("text tokens", &values(text.tokens), &golden["text_tokens"], BOUND);
    assert_close("text", &values(text.pooled), &golden["text"], BOUND);
    assert_close("logits", &values(logits(&model, &device())), &golden["logits"], BOUND);
}

#[test]
fn branched_towers_agree_with_their_formulas() {
    let golden = golden("clip_branches.safetensors");
    let (config, device) = (config(), device());
    let vision = hashed(BranchedVision::new(config.vision.init(&device), &config.vision, 1, &device).unwrap());
    let streams = vision.forward(images(&device)).unwrap();
    assert_eq!((streams.lengths.as_slice(), streams.padding().is_none()), ([17, 17].as_slice(), true));
    assert_close("vision mean", &values(streams.mean), &golden["vision_mean"], BOUND);
    assert_close("vision sigma", &values(streams.sigma), &golden["vision_sigma"], BOUND);
    let text = hashed(BranchedText::new(config.text.init(&device), &config.text, 1, &device).unwrap());
    let streams = text.forward(&captions(&device)).unwrap();
    assert_eq!(streams.lengths, [6, 3, 11]);
    let padding = streams.padding().unwrap().into_data().try_to_vec::<bool>().unwrap();
    assert_eq!(padding.iter().filter(|&&padding| padding).count(), 5 + 8);
    assert_close("text mean", &values(streams.mean), &golden["text_mean"], BOUND);
    assert_close("text sigma", &values(streams.sigma), &golden["text_sigma"], BOUND);
}

#[test]
fn towers_with_an_uncertainty_token_agree_with_their_formulas() {
    let golden = golden("clip_branches.safetensors");
    let (config, device) = (config(), device());
    let vision = hashed(ProLipVision::new(config.vision.init(&device), -10.0, &device));
    let images = vision.forward(images(&device)).unwrap();
    assert_close("image mean", &values(images.mean()), &golden["unc_image_mean"], BOUND);
    assert_close("image log-variance", &values(images.log_var().0), &golden["unc_image_log_var"], BOUND);
    let text = hashed(ProLipText::new(config.text.init(&device), -10.0, &device));
    let text = text.forward(&captions(&device)).unwrap();
    assert_close("text mean", &values(text.mean()), &golden["unc_text_mean"], BOUND);
    assert_close("text log-variance", &values(text.log_var().0), &golden["unc_text_log_var"], BOUND);
}

#[test]
fn log_variances_start_near_their_bias() {
    let (config, device) = (config(), device());
    let images = ProLipVision::new(config.vision.init(&device), -10.0, &device).forward(images(&device)).unwrap();
    let text = ProLipText::new(config.text.init(&device), -10.0, &device).forward(&captions(&device)).unwrap();
    for value in values(images.log_var().0).into_iter().chain(values(text.log_var().0)) {
        assert!((value + 10.0).abs() < 1.0, "{value}"); // ten standard deviations of the weights' part
    }
}

#[test]
fn the_mean_branch_of_a_loaded_tower_is_that_tower() {
    let (config, device) = (config(), device());
    let model = loaded(ClipLayout::OpenAi, ClipActivation::QuickGelu, &device);
    let expected = model.visual.forward(images(&device)).unwrap().tokens;
    for blocks in 1..=3 {
        let branched = BranchedVision::new(model.visual.clone(), &config.vision, blocks, &device).unwrap();
        assert_eq!([branched.trunk.resblocks.len(), branched.sigma.resblocks.len()], [3 - blocks, blocks]);
        let streams = branched.forward(images(&device)).unwrap();
        assert_eq!(values(streams.mean), values(expected.clone()));
        assert_ne!(values(streams.sigma), values(expected.clone()));
    }
}

#[test]
fn a_branch_that_does_not_fit_the_tower_is_refused() {
    let (config, device) = (config(), device());
    let branch = |config: &ClipVisionConfig, blocks| {
        let tower = common::clip::config().vision.init(&device);
        BranchedVision::new(tower, config, blocks, &device).map(drop).unwrap_err().to_string()
    };
    for message in [
        branch(&config.vision, 0),
        branch(&config.vision, 4),
        branch(&ClipVisionConfig::new(32, 8, 64, 2, 2, 40), 1),
        branch(&ClipVisionConfig::new(32, 8, 32, 3, 2, 40), 1),
    ] {
        assert!(message.starts_with("TransformerConfig."), "{message}");
    }
}

#[test]
fn padding_changes_no_caption() {
    let model = loaded(ClipLayout::OpenAi, ClipActivation::QuickGelu, &device());
    let whole = values(model.embed_captions(&captions(&device())).unwrap());
    for (row, caption) in [CAPTIONS[0], CAPTIONS[1], LONG_CAPTION].iter().enumerate() {
        let alone = Words::from_sequences(&[*caption], 0, 100, &device()).unwrap();
        // The same sums in another order of blocks: rounding only.
        assert_close("alone", &values(model.embed_captions(&alone).unwrap()), &whole[row * 40..][..40], 1e-5);
        // As published tokenizers pad: a full row of one length, with zeros or with the end token.
        for pad in [0, 99] {
            let mut padded = caption.to_vec();
            padded.resize(16, pad);
            let padded = Words::from_sequences(&[padded], 0, 100, &device()).unwrap();
            assert_close("padded", &values(model.embed_captions(&padded).unwrap()), &whole[row * 40..][..40], 1e-5);
        }
    }
}

#[test]
fn a_caption_is_read_at_the_first_highest_token_or_at_its_last() {
    let words = Words::new(
        Tensor::from_ints([[7, 9, 9, 1], [9, 3, 4, 9], [5, 2, 8, 9], [0, 0, 0, 0]], &device()),
        vec![4, 2, 3, 1],
    )
    .unwrap();
    let positions =
        |pooling: TextPooling| pooling.positions(&words).into_data().convert::<i64>().try_to_vec::<i64>().unwrap();
    assert_eq!(positions(TextPooling::HighestToken), [1, 0, 2, 0]);
    assert_eq!(positions(TextPooling::LastToken), [3, 1, 2, 0]);
}

#[test]
fn the_text_tower_is_causal() {
    let model = loaded(ClipLayout::OpenAi, ClipActivation::QuickGelu, &device());
    let tokens = |caption: &[usize]| {
        values(model.text.forward(&Words::from_sequences(&[caption], 0, 100, &device()).unwrap()).unwrap().tokens)
    };
    let (a, b) = (tokens(&[98, 5, 17, 42, 99]), tokens(&[98, 5, 17, 11, 99]));
    assert_eq!(a[..3 * 48], b[..3 * 48]);
    assert!(relative_error(&a[3 * 48..], &b[3 * 48..]) > 1e-3);
}

#[test]
fn a_caption_longer_than_the_context_is_an_error_with_its_row() {
    let model = small();
    let long = [vec![98, 99], vec![1; 17]];
    let error = model.embed_captions(&Words::from_sequences(&long, 0, 100, &device()).unwrap()).unwrap_err();
    assert!(matches!(error, ModelError::CaptionTooLong { row: 1, length: 17, context: 16 }), "{error}");
    let words = Words::from_sequences(&long, 0, 100, &device()).unwrap();
    let branched = BranchedText::new(model.text.clone(), &config().text, 1, &device()).unwrap();
    assert!(matches!(branched.forward(&words), Err(ModelError::CaptionTooLong { .. })));
    let prolip = ProLipText::new(model.text, -10.0, &device());
    assert!(matches!(prolip.forward(&words), Err(ModelError::CaptionTooLong { .. })));
}

#[test]
fn images_of_another_size_are_an_error_with_both_sizes() {
    let model = small();
    for size in [[32, 40], [24, 32], [224, 224]] {
        let images = Tensor::zeros([1, 3, size[0], size[1]], &device());
        let message = model.embed_images(images).unwrap_err().to_string();
        assert!(message.contains(&format!("{} x {}", size[0], size[1])) && message.contains("32 x 32"), "{message}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let vision = |image, patch, width, layers, heads| ClipVisionConfig::new(image, patch, width, layers, heads, 8);
    let text = |width, heads| ClipTextConfig::new(width, 1, heads, 8);
    for (result, field) in [
        (vision(32, 7, 8, 1, 1).check(), "ClipVisionConfig.patch_size"),
        (vision(32, 0, 8, 1, 1).check(), "ClipVisionConfig.patch_size"),
        (vision(32, 8, 8, 0, 1).check(), "TransformerConfig.layers"),
        (vision(32, 8, 8, 1, 3).check(), "TransformerConfig.heads"),
        (vision(32, 8, 8, 1, 0).check(), "TransformerConfig.heads"),
        (vision(32, 8, 8, 1, 1).with_mlp_width(Some(0)).check(), "TransformerConfig.mlp_width"),
        (text(0, 1).check(), "TransformerConfig.width"),
        (text(8, 1).with_vocabulary(0).check(), "ClipTextConfig.vocabulary"),
        (text(8, 1).with_context(0).check(), "ClipTextConfig.context"),
        (ClipTextConfig::new(8, 1, 1, 0).check(), "ClipTextConfig.embed_dim"),
        (ClipConfig::new(vision(32, 8, 8, 1, 1), ClipTextConfig::new(8, 1, 1, 9)).check(), "ClipConfig.text.embed_dim"),
        (TransformerConfig::new(8, 1, 16).check(), "TransformerConfig.heads"),
    ] {
        let message = result.unwrap_err().to_string();
        assert!(message.starts_with(&format!("{field} is ")), "{message}");
    }
}

fn streams(lengths: Vec<usize>) -> TokenStreams {
    TokenStreams {
        mean: signed("mean", [2, 4, 3], 1.0, &device()),
        sigma: signed("sigma", [2, 4, 3], 1.0, &device()),
        lengths,
    }
}

#[test]
fn dropped_tokens_leave_both_streams_and_the_rest_moves_to_the_front() {
    let before = streams(vec![4, 4]);
    let (mean, sigma) = (values(before.mean.clone()), values(before.sigma.clone()));
    // Item 0: 0.5 > 0.4, so tokens below 0.4 * 0.5 = 0.2 go, but never the first. Item 1: 0.4 is not above the rate.
    let after = drop_tokens(before, 0.4, &[0.5, 0.4], &[0.0, 0.19, 0.2, 0.9, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(after.lengths, [3, 4]);
    for (found, expected) in [(values(after.mean), mean), (values(after.sigma), sigma)] {
        assert_eq!(found[..3], expected[..3]);
        assert_eq!(found[3..9], expected[6..12]);
        assert_eq!(found[9..12], [0.0; 3]);
        assert_eq!(found[12..], expected[12..]);
    }
}

#[test]
fn dropping_tokens_shortens_the_batch_and_respects_lengths() {
    let after = drop_tokens(streams(vec![2, 3]), 0.5, &[0.9, 0.9], &[0.9, 0.0, 0.9, 0.9, 0.0, 0.9, 0.0, 0.9]);
    assert_eq!((after.lengths.as_slice(), after.mean.dims()), ([1, 2].as_slice(), [2, 2, 3]));
    let all = drop_tokens(streams(vec![4, 4]), 0.9, &[0.99, 0.99], &[0.0; 8]);
    assert_eq!((all.lengths.as_slice(), all.sigma.dims()), ([1, 1].as_slice(), [2, 1, 3]));
    let none = drop_tokens(streams(vec![4, 4]), 0.0, &[0.99, 0.99], &[0.0; 8]);
    assert_eq!(values(none.mean), values(streams(vec![4, 4]).mean));
}

#[test]
fn stretched_positions_keep_both_ends_and_interpolate_between() {
    let rows: Vec<f32> = [0.0, 10.0, 1.0, 2.0, 3.0, 50.0].iter().flat_map(|&x| [x, -x]).collect();
    let table = Param::from_tensor(Tensor::<1>::from_floats(rows.as_slice(), &device()).reshape([6, 2]));
    let column = |context| {
        let stretched = stretch_positions(&table, context, 2, 1).val();
        values(stretched.narrow(1, 0, 1))
    };
    assert_eq!(column(8), [0.0, 10.0, 1.0, 1.5, 2.0, 2.5, 3.0, 50.0]);
    assert_eq!(column(6), [0.0, 10.0, 1.0, 2.0, 3.0, 50.0]);
}

#[test]
fn a_tower_with_stretched_positions_reads_longer_captions() {
    let mut model = loaded(ClipLayout::OpenAi, ClipActivation::QuickGelu, &device());
    let short = values(model.embed_captions(&captions(&device())).unwrap());
    model.text.words.positional_embedding = stretch_positions(&model.text.words.positional_embedding, 40, 12, 0);
    let long = [98].into_iter().chain((0..38).map(|token| token % 97)).chain([99]).collect::<Vec<usize>>();
    let words = Words::from_sequences(&[long], 0, 100, &device()).unwrap();
    assert_eq!(model.embed_captions(&words).unwrap().dims(), [1, 40]);
    // Captions within the kept positions are read as before.
    assert_eq!(values(model.embed_captions(&captions(&device())).unwrap()), short);
}
