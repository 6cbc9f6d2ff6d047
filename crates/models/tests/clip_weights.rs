//! CLIP weight files: key lists of transformers and the packed layout, round trips, and every way to be wrong.

mod common;

use std::collections::BTreeMap;

use common::clip::{config, file_specs, hashed_bytes, hashed_file, small};
use common::{device, file, hashed_tensors, tensors};
use halation_models::ModelError;
use halation_models::clip::{Clip, ClipConfig, ClipTextConfig, ClipVisionConfig};
use halation_models::encoder::ResNetConfig;
use halation_models::weights::{
    ClipLayout, LoadOptions, Misshapen, TensorSpec, WeightDifferences, clip_sizes, load, load_bytes, load_clip,
    load_clip_bytes, save, save_clip, tensor_specs,
};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

const LAYOUTS: [ClipLayout; 3] = [ClipLayout::OpenAi, ClipLayout::OpenClipText, ClipLayout::Transformers];

type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;

fn spec(name: &str, shape: &[usize]) -> TensorSpec {
    TensorSpec { name: name.into(), shape: shape.into() }
}

fn differences(result: Result<Clip, ModelError>) -> WeightDifferences {
    match result.unwrap_err() {
        ModelError::Weights { differences, .. } => differences,
        other => panic!("{other}"),
    }
}

/// The lines of one model in the key list.
fn listed(model: &str) -> Vec<&'static str> {
    include_str!("goldens/clip_keys.txt")
        .lines()
        .skip_while(|line| *line != format!("# {model}"))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .collect()
}

fn lines(differences: &WeightDifferences) -> Vec<String> {
    assert!(differences.extra.is_empty() && differences.misshapen.is_empty());
    let line = |spec: &TensorSpec| {
        let sides: Vec<String> = spec.shape.iter().map(usize::to_string).collect();
        let shape = if sides.is_empty() { "scalar".to_owned() } else { sides.join("x") };
        format!("{} {shape}", spec.name)
    };
    differences.missing.iter().map(line).collect()
}

/// All a loader would want, from the differences with a file that has almost nothing: no weight of these sizes is drawn.
fn wanted(config: &ClipConfig, only: (&str, &[usize])) -> Vec<String> {
    let tensor = (only.0.to_owned(), only.1.to_vec(), vec![0.0; only.1.iter().product()]);
    let found = differences(load_clip_bytes(config.init(&device()), &file(&[tensor]), &LoadOptions::new()));
    lines(&found)
}

#[test]
fn every_size_wants_exactly_the_tensors_of_transformers() {
    for (name, config, width) in [
        ("ViT-B/32", ClipConfig::vit_b_32(), 768),
        ("ViT-B/16", ClipConfig::vit_b_16(), 768),
        ("ViT-L/14", ClipConfig::vit_l_14(), 1024),
    ] {
        let only = ("vision_model.embeddings.class_embedding", [width]);
        let mut expected = listed(&format!("transformers {name}"));
        assert_eq!(expected.len(), if width == 768 { 398 } else { 590 }, "{name}");
        expected.retain(|line| !line.starts_with(only.0));
        assert_eq!(wanted(&config, (only.0, &only.1)), expected, "{name}");
    }
}

#[test]
fn the_packed_layout_wants_exactly_its_tensors() {
    let only = ("visual.class_embedding", [768]);
    let mut expected = listed("packed ViT-B/32");
    assert_eq!(expected.len(), 302);
    expected.retain(|line| !line.starts_with(only.0));
    assert_eq!(wanted(&ClipConfig::vit_b_32(), (only.0, &only.1)), expected);
}

#[test]
fn a_file_of_each_layout_survives_loading_and_saving_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clip.safetensors");
    for layout in LAYOUTS {
        let original = hashed_file(layout);
        let model = load_clip_bytes(small(), &file(&original), &LoadOptions::new()).unwrap();
        save_clip(&model, &path, layout, &BTreeMap::from([("from".into(), "test".into())])).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let saved = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(saved.len(), original.len());
        for (name, shape, values) in &original {
            let view = saved.tensor(name).unwrap();
            assert_eq!((view.dtype(), view.shape()), (Dtype::F32, shape.as_slice()), "{name}");
            assert_eq!(view.data(), bytemuck::cast_slice::<f32, u8>(values), "{name}");
        }
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        assert_eq!(metadata.metadata().as_ref().unwrap()["from"], "test");
        assert_eq!(tensors(&load_clip(small(), &path, &LoadOptions::new()).unwrap()), tensors(&model));
    }
}

#[test]
fn a_model_goes_through_every_layout_and_comes_back_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clip.safetensors");
    let mut model = small();
    let start = tensors(&model);
    for layout in LAYOUTS {
        save_clip(&model, &path, layout, &BTreeMap::new()).unwrap();
        model = load_clip(small(), &path, &LoadOptions::new()).unwrap();
        assert_eq!(tensors(&model), start, "{layout:?}");
    }
}

#[test]
fn a_tower_takes_its_part_of_a_whole_file_and_a_file_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tower.safetensors");
    for layout in LAYOUTS {
        let whole = load_clip_bytes(small(), &hashed_bytes(layout), &LoadOptions::new()).unwrap();
        let (vision, text) = (config().vision, config().text);
        let alone = load_clip_bytes(vision.init(&device()), &hashed_bytes(layout), &LoadOptions::new()).unwrap();
        assert_eq!(tensors(&alone), tensors(&whole.visual), "{layout:?}");
        save_clip(&alone, &path, layout, &BTreeMap::new()).unwrap();
        let again = load_clip(vision.init(&device()), &path, &LoadOptions::new()).unwrap();
        assert_eq!(tensors(&again), tensors(&whole.visual), "{layout:?}");

        let alone = load_clip_bytes(text.init(&device()), &hashed_bytes(layout), &LoadOptions::new()).unwrap();
        assert_eq!(tensors(&alone), tensors(&whole.text), "{layout:?}");
        save_clip(&alone, &path, layout, &BTreeMap::new()).unwrap();
        let again = load_clip(text.init(&device()), &path, &LoadOptions::new()).unwrap();
        assert_eq!(tensors(&again), tensors(&whole.text), "{layout:?}");
    }
}

#[test]
fn a_whole_model_is_not_made_from_a_tower_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("tower.safetensors");
    save_clip(&small().visual, &path, ClipLayout::Transformers, &BTreeMap::new()).unwrap();
    let missing = differences(load_clip(small(), &path, &LoadOptions::new())).missing;
    assert_eq!(missing.len(), file_specs(&small().text, ClipLayout::Transformers).len() + 1);
    assert!(missing.contains(&spec("logit_scale", &[])));
}

#[test]
fn buffers_and_a_logit_scale_of_one_number_are_accepted() {
    for layout in LAYOUTS {
        let mut content = hashed_file(layout);
        for (name, shape, _) in &mut content {
            if name == "logit_scale" {
                *shape = vec![1];
            }
        }
        let expected = tensors(&load_clip_bytes(small(), &hashed_bytes(layout), &LoadOptions::new()).unwrap());
        for (name, shape) in [
            ("text_model.embeddings.position_ids", vec![1, 16]),
            ("vision_model.embeddings.position_ids", vec![1, 17]),
            ("attn_mask", vec![16, 16]),
            ("input_resolution", vec![]),
            ("context_length", vec![]),
            ("vocab_size", vec![]),
        ] {
            let count = shape.iter().product();
            content.push((name.into(), shape, vec![0.0; count]));
        }
        assert_eq!(tensors(&load_clip_bytes(small(), &file(&content), &LoadOptions::new()).unwrap()), expected);
    }
}

#[test]
fn half_precision_files_load_into_single_precision() {
    let content = hashed_file(ClipLayout::OpenAi);
    // Rounded towards zero to ten bits of mantissa: exact in f16 for the sizes of these weights.
    let halves: Tensors = content
        .into_iter()
        .map(|(name, shape, values)| {
            let round = |x: f32| if x.abs() < 1e-4 { 0.0 } else { f32::from_bits(x.to_bits() & !0x1FFF) };
            (name, shape, values.into_iter().map(round).collect())
        })
        .collect();
    let half = |x: f32| -> u16 {
        let bits = x.to_bits();
        let sign = ((bits >> 16) & 0x8000) as u16;
        match bits & 0x7FFF_FFFF {
            0 => sign,
            rest => sign | ((((rest >> 23) - 112) << 10) | ((rest >> 13) & 0x3FF)) as u16,
        }
    };
    let bytes: Vec<Vec<u8>> =
        halves.iter().map(|(_, _, v)| v.iter().flat_map(|&x| half(x).to_le_bytes()).collect()).collect();
    let views = halves
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| (name, TensorView::new(Dtype::F16, shape.clone(), bytes).unwrap()));
    let f16 = safetensors::serialize(views, None).unwrap();
    let load = |bytes: &[u8]| tensors(&load_clip_bytes(small(), bytes, &LoadOptions::new()).unwrap());
    assert_eq!(load(&f16), load(&file(&halves)));
}

#[test]
fn all_that_is_missing_extra_and_misshapen_is_listed_by_its_name_in_the_file() {
    let mut wrong = hashed_file(ClipLayout::Transformers);
    let key = "vision_model.encoder.layers.1.self_attn.k_proj.weight";
    wrong.retain(|(name, ..)| name != key && name != "text_projection.weight");
    wrong.push(("vision_model.encoder.layers.3.self_attn.q_proj.bias".into(), vec![64], vec![0.0; 64]));
    for (name, shape, _) in &mut wrong {
        if name == "visual_projection.weight" {
            *shape = vec![64, 40]; // transposed: same size, still wrong
        }
    }
    let found = differences(load_clip_bytes(small(), &file(&wrong), &LoadOptions::new()));
    assert_eq!(found.missing, [spec("text_projection.weight", &[40, 48]), spec(key, &[64, 64])]);
    assert_eq!(found.extra, [spec("vision_model.encoder.layers.3.self_attn.q_proj.bias", &[64])]);
    let expected = spec("visual_projection.weight", &[40, 64]);
    assert_eq!(found.misshapen, [Misshapen { expected, found: vec![64, 40] }]);

    let mut wrong = hashed_file(ClipLayout::OpenAi);
    wrong.retain(|(name, ..)| name != "visual.transformer.resblocks.0.attn.in_proj_bias");
    wrong.push(("visual.stranger".into(), vec![1], vec![0.0]));
    wrong.push(("logit_bias".into(), vec![], vec![0.0]));
    let found = differences(load_clip_bytes(small(), &file(&wrong), &LoadOptions::new()));
    assert_eq!(found.missing, [spec("visual.transformer.resblocks.0.attn.in_proj_bias", &[192])]);
    assert_eq!(found.extra, [spec("logit_bias", &[]), spec("visual.stranger", &[1])]);
}

#[test]
fn weights_of_another_size_are_refused_with_every_difference() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clip.safetensors");
    let mut larger = config();
    larger.vision.patch_size = 16;
    larger.text.layers = 4;
    save_clip(&larger.init(&device()), &path, ClipLayout::OpenAi, &BTreeMap::new()).unwrap();
    let found = differences(load_clip(small(), &path, &LoadOptions::new()));
    assert_eq!((found.missing.len(), found.extra.len()), (0, 12));
    let names: Vec<&str> = found.misshapen.iter().map(|it| it.expected.name.as_str()).collect();
    assert_eq!(names, ["visual.conv1.weight", "visual.positional_embedding"]);
}

#[test]
fn the_weights_of_another_model_are_named_for_what_they_are() {
    let one = |name: &str| file(&[(name.to_owned(), vec![1], vec![0.0])]);
    let resnet = file(&hashed_tensors(&ResNetConfig::small(vec![4], vec![1]).init(&device())));
    for (bytes, family) in [
        (resnet, "ResNet"),
        (one("visual.layer1.0.conv1.weight"), "a CLIP with a ResNet image tower"),
        (one("vision_model.head.probe"), "a SigLIP"),
        (one("blocks.0.attn.qkv.weight"), "a timm vision transformer"),
        (one("bert.embeddings.word_embeddings.weight"), "a BERT"),
        (one("img_enc.backbone.conv1.weight"), "PCME"),
        (one("visual.patches.conv1.weight"), "weights::load"),
        (one("nothing.known"), "an unknown model of 1 tensors: nothing.known"),
        (file(&[]), "an empty file"),
    ] {
        let error = load_clip_bytes(small(), &bytes, &LoadOptions::new()).unwrap_err();
        assert!(matches!(error, ModelError::OtherModel { .. }), "{error}");
        assert!(error.to_string().contains(family), "{family}: {error}");
    }
    let error =
        load_bytes(ResNetConfig::resnet18().init(&device()), &hashed_bytes(ClipLayout::OpenAi), &LoadOptions::new());
    assert!(matches!(error, Err(ModelError::Weights { .. })));
}

#[test]
fn a_prefix_is_stripped() {
    let content = hashed_file(ClipLayout::OpenAi);
    let prefixed: Tensors = content.iter().map(|(n, s, v)| (format!("module.{n}"), s.clone(), v.clone())).collect();
    let options = LoadOptions::new().with_prefix("module.");
    let loaded = load_clip_bytes(small(), &file(&prefixed), &options).unwrap();
    assert_eq!(tensors(&loaded), tensors(&load_clip_bytes(small(), &file(&content), &LoadOptions::new()).unwrap()));
}

#[test]
fn damaged_and_absent_files_are_refused() {
    let whole = hashed_bytes(ClipLayout::OpenAi);
    for length in (0..whole.len()).step_by(whole.len() / 50) {
        let error = load_clip_bytes(small(), &whole[..length], &LoadOptions::new()).unwrap_err();
        assert!(matches!(error, ModelError::Format { .. }), "cut at {length}: {error}");
    }
    let directory = tempfile::tempdir().unwrap();
    let absent = directory.path().join("no/such.safetensors");
    assert!(matches!(load_clip(small(), &absent, &LoadOptions::new()), Err(ModelError::Io { .. })));
    let error = save_clip(&small(), &absent, ClipLayout::OpenAi, &BTreeMap::new()).unwrap_err();
    assert!(matches!(error, ModelError::Write { .. }) && error.to_string().contains("such.safetensors"), "{error}");
}

#[test]
fn our_own_checkpoints_of_a_clip_survive_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clip.safetensors");
    let model = small();
    save(&model, &path, &BTreeMap::new()).unwrap();
    assert_eq!(tensors(&load(small(), &path, &LoadOptions::new()).unwrap()), tensors(&model));
    let error = load_clip(small(), &path, &LoadOptions::new()).unwrap_err();
    assert!(error.to_string().contains("weights::load"), "{error}");
}

#[test]
fn listing_the_tensors_of_a_model_draws_no_weight() {
    let model = ClipConfig::vit_l_14().init(&device()); // drawing its 428 million numbers would take seconds and 1.7 GB
    let count: usize = tensor_specs(&model).iter().map(|spec| spec.shape.iter().product::<usize>()).sum();
    assert_eq!(count, 427_616_513);
    assert!(!model.visual.proj.weight.is_initialized());
}

#[test]
fn the_sizes_of_a_model_are_read_from_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("clip.safetensors");
    let vision = ClipVisionConfig::new(48, 16, 128, 2, 2, 24).with_mlp_width(Some(96));
    let text = ClipTextConfig::new(64, 3, 1, 24).with_vocabulary(50).with_context(9).with_mlp_width(Some(256));
    let expected = ClipConfig::new(vision, text);
    for layout in LAYOUTS {
        save_clip(&expected.init(&device()), &path, layout, &BTreeMap::new()).unwrap();
        let found = clip_sizes(&path, &LoadOptions::new()).unwrap();
        assert_eq!(found.to_string(), expected.to_string(), "{layout:?}");
        load_clip(found.init(&device()), &path, &LoadOptions::new()).unwrap();
    }
    save_clip(&expected.vision.init(&device()), &path, ClipLayout::OpenAi, &BTreeMap::new()).unwrap();
    let error = clip_sizes(&path, &LoadOptions::new()).unwrap_err();
    assert!(error.to_string().contains("missing   token_embedding.weight"), "{error}");
    std::fs::write(&path, &hashed_bytes(ClipLayout::OpenAi)[..99]).unwrap();
    assert!(matches!(clip_sizes(&path, &LoadOptions::new()), Err(ModelError::Format { .. })));
    std::fs::write(&path, file(&[("layer1.0.conv1.weight".into(), vec![1], vec![0.0])])).unwrap();
    assert!(matches!(clip_sizes(&path, &LoadOptions::new()), Err(ModelError::OtherModel { .. })));
}
