//! Weight files: exact round trips, published layouts, and every way in which a file can be wrong.

mod common;

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Tensor;
use common::{device, file, hashed, hashed_tensors, signed, tensors};
use halation_models::ModelError;
use halation_models::encoder::{ResNet, ResNetConfig};
use halation_models::pcme::PcmeConfig;
use halation_models::weights::{LoadOptions, Misshapen, TensorSpec, WeightDifferences, load, load_bytes, save};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn config() -> ResNetConfig {
    ResNetConfig::small(vec![4, 8], vec![1, 1]).with_classes(Some(5))
}

fn network() -> ResNet {
    config().init(&device())
}

fn differences(result: Result<ResNet, ModelError>) -> WeightDifferences {
    match result.unwrap_err() {
        ModelError::Weights { differences, .. } => differences,
        other => panic!("{other}"),
    }
}

fn spec(name: &str, shape: &[usize]) -> TensorSpec {
    TensorSpec { name: name.into(), shape: shape.into() }
}

#[test]
fn a_file_loaded_and_saved_again_is_equal_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("net.safetensors");
    let original = hashed_tensors(&network());
    let loaded = load_bytes(network(), &file(&original), &LoadOptions::new()).unwrap();
    save(&loaded, &path, &BTreeMap::from([("recipe".into(), "test".into())])).unwrap();

    let bytes = std::fs::read(&path).unwrap();
    let saved = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(saved.len(), original.len());
    for (name, shape, values) in &original {
        let view = saved.tensor(name).unwrap();
        assert_eq!((view.dtype(), view.shape()), (Dtype::F32, shape.as_slice()), "{name}");
        assert_eq!(view.data(), bytemuck::cast_slice::<f32, u8>(values), "{name}");
    }
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(metadata.metadata().as_ref().unwrap()["recipe"], "test");
    assert_eq!(tensors(&load(network(), &path, &LoadOptions::new()).unwrap()), tensors(&loaded));
}

#[test]
fn a_trained_model_comes_back_with_the_statistics_of_its_last_step() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("net.safetensors");
    let net = hashed(config().init(&device().autodiff()));
    let before = tensors(&net);
    net.features(signed("i", [2, 3, 8, 8], 1.0, &device().autodiff()));
    save(&net, &path, &BTreeMap::new()).unwrap();
    let back = tensors(&load(network(), &path, &LoadOptions::new()).unwrap());
    assert_eq!(back, tensors(&net));
    assert_ne!(back["bn1.running_var"], before["bn1.running_var"]);
    assert_eq!(back["conv1.weight"], before["conv1.weight"]);
}

#[test]
fn a_whole_model_survives_a_file_and_gives_the_same_embeddings() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pcme.safetensors");
    let config = PcmeConfig::new(ResNetConfig::small(vec![4], vec![1]), 9).with_word_dim(6).with_embed_dim(4);
    let (a, b) = (config.init(&device()), config.init(&device()));
    save(&a, &path, &BTreeMap::new()).unwrap();
    let images = signed("i", [2, 3, 8, 8], 1.0, &device());
    let embed = |model: &halation_models::pcme::Pcme| common::values(model.embed_images(images.clone()).mean());
    assert_ne!(embed(&a), embed(&b));
    assert_eq!(embed(&a), embed(&load(b, &path, &LoadOptions::new()).unwrap()));
}

#[test]
fn loading_keeps_gradients_on() {
    let device = device().autodiff();
    let net = hashed(config().init(&device));
    let loss = net.logits(signed("i", [2, 3, 8, 8], 1.0, &device)).unwrap().sum();
    let (found, without) = common::gradients(&net, &loss.backward());
    assert_eq!(without, Vec::<String>::new());
    assert!(found.contains_key("conv1.weight"));
}

#[test]
fn all_that_is_missing_extra_and_misshapen_is_listed_at_once() {
    let mut wrong = hashed_tensors(&network());
    wrong.retain(|(name, ..)| name != "bn1.weight" && name != "layer1.0.conv2.weight");
    wrong.push(("stranger".into(), vec![2], vec![0.0; 2]));
    wrong.push(("layer9.0.conv1.weight".into(), vec![1], vec![0.0]));
    for (name, shape, values) in &mut wrong {
        if name == "conv1.weight" {
            *shape = vec![4, 3, 1, 1];
            values.truncate(12);
        }
        if name == "fc.weight" {
            *shape = vec![8, 5]; // transposed: same size, still wrong
        }
    }
    let result = load_bytes(network(), &file(&wrong), &LoadOptions::new());
    let message = result.as_ref().unwrap_err().to_string();
    let found = differences(result);
    assert_eq!(found.missing, [spec("bn1.weight", &[4]), spec("layer1.0.conv2.weight", &[4, 4, 3, 3])]);
    assert_eq!(found.extra, [spec("layer9.0.conv1.weight", &[1]), spec("stranger", &[2])]);
    assert_eq!(
        found.misshapen,
        [
            Misshapen { expected: spec("conv1.weight", &[4, 3, 3, 3]), found: vec![4, 3, 1, 1] },
            Misshapen { expected: spec("fc.weight", &[5, 8]), found: vec![8, 5] },
        ]
    );
    for line in [
        "2 missing, 2 extra, 2 misshapen",
        "missing   bn1.weight [4]",
        "extra     stranger [2]",
        "misshapen conv1.weight [4, 3, 3, 3], found [4, 3, 1, 1]",
    ] {
        assert!(message.contains(line), "{message}");
    }
}

#[test]
fn a_classifier_can_be_left_out_and_is_otherwise_extra() {
    let full = file(&hashed_tensors(&network()));
    let tower = || config().with_classes(None).init(&device());
    let extra = differences(load_bytes(tower(), &full, &LoadOptions::new())).extra;
    assert_eq!(extra, [spec("fc.bias", &[5]), spec("fc.weight", &[5, 8])]);
    let loaded = load_bytes(tower(), &full, &LoadOptions::new().without_classifier()).unwrap();
    let mut expected = tensors(&hashed(network()));
    expected.retain(|name, _| !name.starts_with("fc."));
    assert_eq!(tensors(&loaded), expected);
}

#[test]
fn a_prefix_is_stripped_and_other_tensors_are_not_looked_at() {
    let mut prefixed: Vec<_> =
        hashed_tensors(&network()).into_iter().map(|(n, s, v)| (format!("module.{n}"), s, v)).collect();
    prefixed.push(("optimizer.step".into(), vec![1], vec![0.0]));
    let loaded = load_bytes(network(), &file(&prefixed), &LoadOptions::new().with_prefix("module.")).unwrap();
    assert_eq!(tensors(&loaded), tensors(&hashed(network())));
}

/// The hashed weights with one tensor changed by `edit` into another type.
fn with_types(edit: impl Fn(&str, &[f32]) -> (Dtype, Vec<u8>)) -> Vec<u8> {
    let source = hashed_tensors(&network());
    let edited: Vec<_> = source.iter().map(|(name, _, values)| edit(name, values)).collect();
    let mut views: Vec<_> = source
        .iter()
        .zip(&edited)
        .map(|((name, shape, _), (dtype, bytes))| {
            (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        })
        .collect();
    let counter = 7_i64.to_le_bytes();
    views.push(("bn1.num_batches_tracked".into(), TensorView::new(Dtype::I64, vec![], &counter).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn the_batch_counters_of_published_files_are_ignored() {
    let bytes = with_types(|_, values| (Dtype::F32, bytemuck::cast_slice(values).to_vec()));
    assert_eq!(tensors(&load_bytes(network(), &bytes, &LoadOptions::new()).unwrap()), tensors(&hashed(network())));
}

#[test]
fn half_and_double_precision_files_are_converted() {
    let truncated = |values: &[f32]| values.iter().map(|x| (x.to_bits() >> 16) as u16).collect::<Vec<u16>>();
    let bf16 = with_types(|_, values| (Dtype::BF16, bytemuck::cast_slice(&truncated(values)).to_vec()));
    let expected: BTreeMap<_, Vec<f32>> = hashed_tensors(&network())
        .into_iter()
        .map(|(n, _, v)| (n, truncated(&v).into_iter().map(|b| f32::from_bits(u32::from(b) << 16)).collect()))
        .collect();
    assert_eq!(tensors(&load_bytes(network(), &bf16, &LoadOptions::new()).unwrap()), expected);

    let f64s = with_types(|_, values| (Dtype::F64, values.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect()));
    assert_eq!(tensors(&load_bytes(network(), &f64s, &LoadOptions::new()).unwrap()), tensors(&hashed(network())));
}

#[test]
fn a_tensor_of_whole_numbers_is_refused_by_name() {
    let bytes = with_types(|name, values| {
        let dtype = if name == "fc.bias" { Dtype::I32 } else { Dtype::F32 };
        (dtype, bytemuck::cast_slice(values).to_vec())
    });
    let error = load_bytes(network(), &bytes, &LoadOptions::new()).unwrap_err();
    assert!(matches!(&error, ModelError::Dtype { tensor, .. } if tensor == "fc.bias"), "{error}");
}

#[test]
fn a_file_cut_anywhere_is_refused_and_never_panics() {
    let whole = file(&hashed_tensors(&network()));
    for length in (0..whole.len()).step_by(97) {
        let error = load_bytes(network(), &whole[..length], &LoadOptions::new()).unwrap_err();
        assert!(matches!(error, ModelError::Format { .. }), "cut at {length}: {error}");
    }
}

#[test]
fn hostile_and_foreign_files_are_refused() {
    let mut huge = file(&hashed_tensors(&network()));
    huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let with_header =
        |json: &str, data: usize| [&(json.len() as u64).to_le_bytes()[..], json.as_bytes(), &vec![0; data]].concat();
    for (what, bytes) in [
        ("header longer than the file", huge),
        ("text", b"this is not a weight file at all".to_vec()),
        ("unknown type", with_header(r#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, 4)),
        ("offsets past the end", with_header(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#, 4)),
        (
            "overlapping tensors",
            with_header(
                r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                4,
            ),
        ),
    ] {
        let error = load_bytes(network(), &bytes, &LoadOptions::new()).unwrap_err();
        assert!(matches!(error, ModelError::Format { .. }), "{what}: {error}");
    }
}

#[test]
fn a_missing_file_and_a_missing_directory_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let absent = directory.path().join("no/such.safetensors");
    let error = load(network(), &absent, &LoadOptions::new()).unwrap_err();
    assert!(matches!(error, ModelError::Io { .. }) && error.to_string().contains("such.safetensors"), "{error}");
    let error = save(&network(), &absent, &BTreeMap::new()).unwrap_err();
    assert!(matches!(error, ModelError::Write { .. }) && error.to_string().contains("such.safetensors"), "{error}");
}

#[test]
fn a_refused_file_leaves_no_half_loaded_model() {
    let net = network();
    let before = tensors(&net);
    let mut wrong = hashed_tensors(&net);
    wrong.pop();
    assert!(load_bytes(net.clone(), &file(&wrong), &LoadOptions::new()).is_err());
    assert_eq!(tensors(&net), before);
    // Running statistics are shared between clones: a later success must still be complete.
    let loaded = load_bytes(net.valid(), &file(&hashed_tensors(&net)), &LoadOptions::new()).unwrap();
    assert_ne!(tensors(&loaded), before);
    assert_eq!(loaded.features(Tensor::zeros([1, 3, 8, 8], &device())).dims(), [1, 8, 4, 4]);
}
