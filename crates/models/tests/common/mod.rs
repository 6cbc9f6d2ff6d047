//! What the tests of this crate share: the device, hashed weights, goldens and gradients by name.
#![allow(dead_code)] // each test binary uses a part

pub mod clip;
pub mod flow;
pub mod tabular;

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use burn_store::{BurnToPyTorchAdapter, ModuleSnapshot, bridge};
use halation_models::weights::{LoadOptions, load_bytes, tensor_specs};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

/// The device of every test: Flex here, another backend's where its feature is on.
pub fn device() -> Device {
    Device::default()
}

/// Numbers in [0, 1) from a name: the twin of `uniform` in xtask/parity/hashed.py.
pub fn uniform(name: &str, count: usize) -> Vec<f64> {
    let seed = name
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    (0..count as u64)
        .map(|index| {
            let mut z = seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) >> 40) as f64 / f64::from(1 << 24)
        })
        .collect()
}

fn signed_values(name: &str, count: usize, scale: f64) -> Vec<f32> {
    uniform(name, count).into_iter().map(|u| ((2.0 * u - 1.0) * scale) as f32).collect()
}

/// Numbers in [-scale, scale): the twin of `signed` in xtask/parity/hashed.py.
pub fn signed<const D: usize>(name: &str, shape: [usize; D], scale: f64, device: &Device) -> Tensor<D> {
    let values = signed_values(name, shape.iter().product(), scale);
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The value of a weight by its PyTorch name and shape: the twin of `weight` in xtask/parity/hashed.py.
pub fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    let count = shape.iter().product();
    let last = name.rsplit('.').next().unwrap_or(name);
    let around = |centre: f64, scale: f64| -> Vec<f32> {
        signed_values(name, count, scale).into_iter().map(|x| (centre + f64::from(x)) as f32).collect()
    };
    match last {
        "running_var" => signed_values(name, count, 1.0).iter().map(|&x| (1.0 + 0.5 * f64::from(x)) as f32).collect(),
        "running_mean" => signed_values(name, count, 0.25),
        _ if name.ends_with("bn3.weight") => around(0.2, 0.1),
        _ if shape.is_empty() => signed_values(name, 1, 3.0_f64.sqrt()),
        _ if shape.len() == 1 => around(if last == "weight" { 1.0 } else { 0.0 }, 0.25),
        _ => signed_values(name, count, (3.0 / shape[1..].iter().product::<usize>() as f64).sqrt()),
    }
}

/// A safetensors file of f32 tensors.
pub fn file(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|(_, _, values)| bytemuck::cast_slice(values).to_vec()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, shape, _), bytes)| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// All hashed weights of a module, as a file's content.
pub fn hashed_tensors<M: Module>(module: &M) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    tensor_specs(module)
        .into_iter()
        .map(|spec| {
            let values = weight(&spec.name, &spec.shape);
            (spec.name, spec.shape, values)
        })
        .collect()
}

/// The module with hashed weights, through the loader.
pub fn hashed<M: Module>(module: M) -> M {
    let bytes = file(&hashed_tensors(&module));
    load_bytes(module, &bytes, &LoadOptions::new()).unwrap()
}

/// Values by name, as PyTorch would list them.
pub type Named = BTreeMap<String, Vec<f32>>;

/// All weights and running statistics of a module.
pub fn tensors<M: Module>(module: &M) -> Named {
    let collected = module.collect(None, Some(Box::new(BurnToPyTorchAdapter)), true);
    collected.into_iter().map(|t| (t.name.clone(), bridge::to_data(&t).unwrap().try_to_vec::<f32>().unwrap())).collect()
}

/// The gradient of every parameter by name, and the names of the parameters that got none.
pub fn gradients<M: Module>(module: &M, gradients: &Gradients) -> (Named, Vec<String>) {
    let mut mapper = ToGradient { gradients, path: Vec::new(), without: Vec::new(), buffers: Vec::new() };
    let mapped = module.clone().map(&mut mapper); // running statistics pass through as they are
    let mut named = tensors(&mapped);
    named.retain(|name, _| !mapper.buffers.contains(name) && !mapper.without.contains(name));
    (named, mapper.without)
}

struct ToGradient<'a> {
    gradients: &'a Gradients,
    path: Vec<String>,
    without: Vec<String>,
    buffers: Vec<String>,
}

impl ModuleMapper for ToGradient<'_> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let value = param.val();
        match value.is_require_grad().then(|| value.grad(self.gradients)) {
            Some(Some(gradient)) => Param::initialized(param.id, gradient),
            Some(None) => {
                self.without.push(self.path.join("."));
                param
            }
            None => {
                self.buffers.push(self.path.join("."));
                param
            }
        }
    }
}

/// A golden file, whole.
pub fn golden(name: &str) -> Named {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name);
    let bytes = std::fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    file.iter()
        .map(|(name, view)| {
            let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            (name.to_owned(), values)
        })
        .collect()
}

/// Values of a tensor.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec::<f32>().unwrap()
}

/// `max |found - expected| / max |expected|`.
pub fn relative_error(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len(), "sizes differ");
    let scale = expected.iter().fold(0.0_f32, |max, x| max.max(x.abs()));
    let worst = found.iter().zip(expected).fold(0.0_f32, |max, (a, b)| match (a - b).abs() {
        difference if difference.is_nan() => f32::INFINITY,
        difference => max.max(difference),
    });
    worst / scale.max(f32::MIN_POSITIVE)
}

/// Fails unless the relative error is below the bound.
#[track_caller]
pub fn assert_close(what: &str, found: &[f32], expected: &[f32], bound: f32) {
    let error = relative_error(found, expected);
    assert!(error < bound, "{what}: relative error {error:e}, bound {bound:e}");
}
