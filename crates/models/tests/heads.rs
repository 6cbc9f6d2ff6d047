//! BiGRU, PIE mean head and sigma head against PyTorch (goldens of xtask/parity/text_heads.py), and their laws.
//!
//! The bound of 1e-5 (relative to the largest value) is a few hundred roundings of f32; the goldens are f64.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use common::{assert_close, device, golden, gradients, hashed, relative_error, signed, values};
use halation_models::ModelError;
use halation_models::encoder::{BiGru, BiGruConfig, BiGruPooling, PackedWords, ResNetConfig, WordTableConfig, Words};
use halation_models::head::{LocalAttentionConfig, MeanHeadConfig, SigmaHeadConfig, l2_normalize};
use halation_models::pcme::{Embedding, Pcme, PcmeConfig};

const BOUND: f32 = 1e-5;
const LENGTHS: [usize; 5] = [3, 6, 1, 4, 6];

fn config() -> PcmeConfig {
    PcmeConfig::new(ResNetConfig::small(vec![12], vec![1]), 20).with_word_dim(10).with_embed_dim(8)
}

fn agrees_with_pytorch(pooling: BiGruPooling, golden_name: &str) {
    let device = device().autodiff();
    let golden = golden(golden_name);
    let model: Pcme = hashed(config().with_pooling(pooling).init(&device));
    let features = signed("features", [5, 12, 2, 3], 1.0, &device).require_grad();
    let words = signed("words", [5, 6, 10], 1.0, &device).require_grad();

    let packed = PackedWords::new(words.clone(), &LENGTHS).unwrap();
    assert_close("text_global", &values(model.text.gru.forward(&packed)), &golden["text_global"], BOUND);

    let image = model.embed_features(features.clone()).into_normal().unwrap();
    let text = model.text.forward_vectors(words.clone(), &LENGTHS).unwrap().into_normal().unwrap();
    let mut loss = Tensor::<1>::zeros([1], &device);
    for (name, output) in [
        ("image_mean", image.mean()),
        ("image_log_std", image.log_std().0),
        ("text_mean", text.mean()),
        ("text_log_std", text.log_std().0),
    ] {
        assert_close(name, &values(output.clone()), &golden[name], BOUND);
        let cotangent = signed(&format!("cotangent.{name}"), output.dims(), 1.0, &device);
        loss = loss + (output * cotangent).sum();
    }

    let grads = loss.backward();
    assert_close("d features", &values(features.grad(&grads).unwrap()), &golden["grad.features"], BOUND);
    assert_close("d words", &values(words.grad(&grads).unwrap()), &golden["grad.words"], BOUND);
    let (found, _) = gradients(&model, &grads);
    let expected: Vec<_> = golden.iter().filter_map(|(n, v)| Some((n.strip_prefix("grad.")?, v))).collect();
    let mut compared = 0;
    for (name, expected) in expected.into_iter().filter(|(n, _)| *n != "features" && *n != "words") {
        // In the legacy pooling nothing recurs backwards: PyTorch gives zeros, we give no gradient at all.
        match found.get(name) {
            Some(found) => assert_close(name, found, expected, BOUND),
            None => assert!(expected.iter().all(|&x| x == 0.0), "{name} has no gradient"),
        }
        compared += 1;
    }
    assert_eq!(compared, 40, "all parameters of both towers' heads");
}

#[test]
fn both_towers_agree_with_pytorch_with_final_states() {
    agrees_with_pytorch(BiGruPooling::FinalStates, "pcme_heads_final.safetensors");
}

#[test]
fn both_towers_agree_with_pytorch_with_the_legacy_last_step() {
    agrees_with_pytorch(BiGruPooling::LegacyLastStep, "pcme_heads_legacy.safetensors");
}

#[test]
fn attention_weights_agree_with_pytorch_sum_to_one_and_skip_the_padding() {
    let device = device();
    let model = hashed(config().init(&device));
    let padding = Tensor::<2, burn::tensor::Bool>::from_data(
        LENGTHS.map(|length| std::array::from_fn::<bool, 6, _>(|t| t >= length)),
        &device,
    );
    let words = signed("words", [5, 6, 10], 1.0, &device);
    let weights = values(model.text.mean_head.attention.forward(words, Some(padding)).weights);
    assert_close("attention", &weights, &golden("pcme_heads_final.safetensors")["text_attention"], BOUND);
    for (row, length) in weights.chunks(6).zip(LENGTHS) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(row[length..].iter().all(|&weight| weight == 0.0));
    }
}

fn gru(pooling: BiGruPooling, device: &Device) -> BiGru {
    hashed(BiGruConfig::new(6, 5).with_pooling(pooling).init(device))
}

fn read(gru: &BiGru, words: Tensor<3>, lengths: &[usize]) -> Vec<f32> {
    values(gru.forward(&PackedWords::new(words, lengths).unwrap()))
}

#[test]
fn what_stands_in_the_padding_changes_nothing() {
    let device = device();
    let words = signed("w", [2, 4, 6], 1.0, &device);
    let garbage = words.clone().slice_assign([0..1, 2..4, 0..6], Tensor::full([1, 2, 6], f32::NAN, &device));
    for pooling in [BiGruPooling::FinalStates, BiGruPooling::LegacyLastStep] {
        let gru = gru(pooling, &device);
        assert_eq!(read(&gru, words.clone(), &[2, 4]), read(&gru, garbage.clone(), &[2, 4]));
    }
}

#[test]
fn a_batch_of_one_gives_what_the_caption_gives_in_a_batch() {
    let device = device();
    let words = signed("w", [3, 4, 6], 1.0, &device);
    let gru = gru(BiGruPooling::FinalStates, &device);
    let together = read(&gru, words.clone(), &[2, 4, 3]);
    for (row, length) in [2, 4, 3].into_iter().enumerate() {
        let alone = read(&gru, words.clone().narrow(0, row, 1).narrow(1, 0, length), &[length]);
        // GEMMs of different heights may sum in another order
        assert!(relative_error(&alone, &together[row * 10..][..10]) < 1e-6);
    }
}

#[test]
fn the_legacy_backward_half_sees_only_the_last_word() {
    let device = device();
    let words = signed("w", [1, 4, 6], 1.0, &device);
    let other = signed("v", [1, 4, 6], 1.0, &device).slice_assign([0..1, 3..4, 0..6], words.clone().narrow(1, 3, 1));
    let legacy = gru(BiGruPooling::LegacyLastStep, &device);
    let (a, b) = (read(&legacy, words.clone(), &[4]), read(&legacy, other.clone(), &[4]));
    assert_eq!(a[5..], b[5..]);
    assert_ne!(a[..5], b[..5]);
    let whole = gru(BiGruPooling::FinalStates, &device);
    assert_ne!(read(&whole, words, &[4])[5..], read(&whole, other, &[4])[5..]);
}

#[test]
fn gru_weights_start_uniform_within_one_over_the_root_of_the_state() {
    let gru = BiGruConfig::new(30, 25).init(&device());
    for value in values(gru.weight_ih_l0.val()).into_iter().chain(values(gru.bias_hh_l0_reverse.val())) {
        assert!(value.abs() <= 0.2 + 1e-6);
    }
    assert!(values(gru.weight_hh_l0.val()).iter().any(|value| value.abs() > 0.15));
}

#[test]
fn means_have_unit_length_and_zero_rows_stay_finite_in_value_and_gradient() {
    let device = device().autodiff();
    let x = Tensor::<2>::from_floats([[3.0, 4.0], [0.0, 0.0], [1e-20, 0.0], [1e19, 1e-19]], &device).require_grad();
    let y = l2_normalize(x.clone());
    assert_eq!(values(y.clone())[..4], [0.6, 0.8, 0.0, 0.0]);
    let gradient = values(x.grad(&y.clone().sum().backward()).unwrap());
    assert!(values(y).iter().chain(&gradient).all(|value| value.is_finite()), "{gradient:?}");
}

#[test]
fn several_attention_heads_give_several_summaries() {
    let attention = LocalAttentionConfig::new(6).with_heads(3).init(&device());
    let attended = attention.forward(signed("w", [2, 4, 6], 1.0, &device()), None);
    assert_eq!(attended.pooled.dims(), [2, 3, 6]);
    assert_eq!(attended.weights.dims(), [2, 3, 4]);
}

#[test]
fn the_sigma_head_starts_at_the_bias_it_is_given_and_keeps_to_its_bounds() {
    let device = device();
    let parts = || signed("w", [2, 4, 6], 1.0, &device);
    let zero = || Tensor::<2>::zeros([2, 3], &device);
    let low = SigmaHeadConfig::new(6, 3).with_log_std_init(-4.0).init(&device);
    assert_eq!(values(low.fc.bias.as_ref().unwrap().val()), [-4.0; 3]);
    let mean = MeanHeadConfig::new(6, 3).init(&device);
    assert_eq!(values(mean.fc.bias.as_ref().unwrap().val()), [0.0; 3]);

    let free = values(low.forward(zero() + 100.0, parts(), None).0);
    assert!(free.iter().all(|&value| value > 80.0), "no clamp unless asked for");
    let bounded = SigmaHeadConfig::new(6, 3).with_clamp(Some([-10.0, 5.0])).init(&device);
    assert_eq!(values(bounded.forward(zero() + 100.0, parts(), None).0), [5.0; 6]);
    assert_eq!(values(bounded.forward(zero() - 100.0, parts(), None).0), [-10.0; 6]);
}

#[test]
fn the_control_without_uncertainty_has_the_same_means_and_no_distribution() {
    let device = device();
    let images = signed("i", [2, 3, 8, 8], 1.0, &device);
    let words = Words::from_sequences(&[vec![1, 2, 3], vec![4]], 0, 20, &device).unwrap();
    let full = hashed(config().init(&device));
    let control = hashed(config().with_uncertainty(false).init(&device));
    for (a, b) in [
        (full.embed_images(images.clone()), control.embed_images(images)),
        (full.embed_captions(&words), control.embed_captions(&words)),
    ] {
        assert_eq!(values(a.mean()), values(b.mean()));
        assert!(a.normal().is_some() && b.normal().is_none());
        assert!(matches!(b, Embedding::Point(_)));
        assert!(matches!(b.into_normal(), Err(ModelError::NoUncertainty)));
    }
    assert!(control.num_params() < full.num_params());
}

#[test]
fn the_first_stage_freezes_network_and_words_but_not_the_batch_norm_statistics() {
    let device = device().autodiff();
    let model = hashed(config().init(&device)).freeze_backbones();
    let words = Words::from_sequences(&[vec![1, 2, 3], vec![4]], 0, 20, &device).unwrap();
    let before = values(model.image.cnn.bn1.running_mean.value());
    let run = |model: &Pcme| {
        let image = model.embed_images(signed("i", [2, 3, 8, 8], 1.0, &device)).into_normal().unwrap();
        let text = model.embed_captions(&words).into_normal().unwrap();
        let loss =
            (image.rsample(Tensor::ones([2, 1, 8], &device)) * text.rsample(Tensor::ones([2, 1, 8], &device))).sum();
        gradients(model, &loss.backward()).0
    };
    let frozen = run(&model);
    assert!(frozen.contains_key("image.fc.weight") && frozen.contains_key("text.gru.weight_ih_l0"));
    assert!(!frozen.keys().any(|name| name.starts_with("image.cnn.") || name.starts_with("text.words.")));
    assert_ne!(before, values(model.image.cnn.bn1.running_mean.value()));

    let free = run(&model.unfreeze_backbones());
    assert!(free.contains_key("image.cnn.conv1.weight") && free.contains_key("text.words.embedding.weight"));
}

#[test]
fn captions_that_cannot_be_read_are_typed_errors() {
    let device = device();
    let tokens = || Tensor::<2, burn::tensor::Int>::zeros([2, 3], &device);
    let error = |result: Result<Words, ModelError>| result.unwrap_err();
    assert!(matches!(error(Words::new(tokens(), vec![3])), ModelError::LengthCount { rows: 2, lengths: 1 }));
    assert!(matches!(error(Words::new(tokens(), vec![3, 0])), ModelError::Length { row: 1, length: 0, width: 3 }));
    assert!(matches!(error(Words::new(tokens(), vec![4, 1])), ModelError::Length { row: 0, length: 4, width: 3 }));
    let none: [Vec<usize>; 0] = [];
    assert!(matches!(error(Words::from_sequences(&none, 0, 5, &device)), ModelError::NoSequences));
    assert!(matches!(error(Words::from_sequences(&[vec![]], 0, 5, &device)), ModelError::Length { row: 0, .. }));
    assert!(matches!(
        error(Words::from_sequences(&[vec![1], vec![2, 5]], 0, 5, &device)),
        ModelError::Token { row: 1, position: 1, token: 5, vocabulary: 5 }
    ));
    let vectors = signed("w", [2, 3, 6], 1.0, &device);
    assert!(matches!(PackedWords::new(vectors.clone(), &[1, 4]), Err(ModelError::Length { row: 1, .. })));
    assert!(matches!(PackedWords::new(vectors, &[]), Err(ModelError::LengthCount { .. })));
}

#[test]
fn several_points_make_a_set_and_no_distribution() {
    let sets = config().with_uncertainty(false).with_points(3);
    let model = sets.init(&device());
    let Embedding::Set(set) = model.embed_images(Tensor::ones([2, 3, 8, 8], &device())) else { panic!("three points") };
    assert_eq!((set.points.dims(), set.residuals.dims()), ([2, 3, 8], [2, 3, 8]));
    let lengths = values(set.points.square().sum_dim(2));
    assert!(lengths.iter().all(|length| (length - 1.0).abs() < 1e-5), "{lengths:?}");
    assert_eq!(model.embed_images(Tensor::ones([2, 3, 8, 8], &device())).mean().dims(), [2, 24]);
    assert!(config().with_points(3).check().unwrap_err().to_string().contains("points"));
}

#[test]
fn a_word_table_takes_its_rows_from_a_matrix_of_the_right_size() {
    let device = device();
    let table = WordTableConfig::new(2).with_dim(3);
    let words = Words::from_sequences(&[vec![1], vec![0, 1]], 0, 2, &device).unwrap();
    let rows = table.init_with(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &device).unwrap().forward(&words);
    assert_eq!(values(rows), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let error = table.init_with(vec![0.0; 5], &device).unwrap_err().to_string();
    assert_eq!(error, "the word vectors hold 5 numbers, expected 2 x 3 = 6");
}

#[test]
fn model_settings_that_cannot_work_are_refused_by_name() {
    for (config, field) in [
        (config().with_embed_dim(7), "PcmeConfig.embed_dim"),
        (config().with_dropout(1.0), "PcmeConfig.dropout"),
        (config().with_dropout(f64::NAN), "PcmeConfig.dropout"),
        (config().with_log_std_init(f64::INFINITY), "PcmeConfig.log_std_init"),
        (config().with_log_std_clamp(Some([1.0, 1.0])), "PcmeConfig.log_std_clamp"),
        (PcmeConfig::new(ResNetConfig::resnet18(), 0), "PcmeConfig.vocabulary"),
        (PcmeConfig::new(ResNetConfig::resnet18().with_classes(Some(3)), 1), "PcmeConfig.image.classes"),
        (PcmeConfig::new(ResNetConfig::small(vec![], vec![]), 1), "ResNetConfig.blocks"),
    ] {
        let message = config.check().unwrap_err().to_string();
        assert!(message.starts_with(&format!("{field} is ")), "{message}");
    }
}
