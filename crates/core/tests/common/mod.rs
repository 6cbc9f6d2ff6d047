//! What the tests of tensors share: the device, seeded draws, goldens and a comparison that names the entry that is off.

#![allow(dead_code)] // every test binary uses its part of this

use burn::tensor::{Device, Tensor, TensorData};
use halation_core::dist::{DiagNormal, LogStd};
use rand::RngExt;
use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
use serde_json::Value;

/// The device under test: what the compiled backends and `BURN_DEVICE` make the default.
pub fn device() -> Device {
    Device::default()
}

/// The same, recording gradients.
pub fn autodiff() -> Device {
    device().autodiff()
}

/// Seeded standard normal draws, the same on every device.
pub struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn normal(&mut self) -> f32 {
        let (radius, angle): (f64, f64) = (1.0 - self.0.random::<f64>(), self.0.random());
        ((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
    }

    pub fn tensor<const R: usize>(&mut self, shape: [usize; R], device: &Device) -> Tensor<R> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| self.normal()).collect();
        Tensor::from_data(TensorData::new(values, shape), device)
    }

    /// Distributions with standard normal means and standard deviations about `exp(-1)`.
    pub fn distributions(&mut self, rows: usize, dims: usize, device: &Device) -> DiagNormal {
        let mean = self.tensor([rows, dims], device);
        DiagNormal::new(mean, LogStd(self.tensor([rows, dims], device) * 0.5 - 1.0))
    }
}

/// The entries of a tensor, row-major, as `f64`.
pub fn values<const R: usize>(tensor: &Tensor<R>) -> Vec<f64> {
    tensor.to_data_as::<f64>().try_to_vec().unwrap()
}

/// The single entry of a tensor.
pub fn scalar(tensor: Tensor<1>) -> f64 {
    assert_eq!(tensor.dims(), [1]);
    values(&tensor)[0]
}

/// Panics unless all entries agree to `tolerance`, absolute below one and relative above.
#[track_caller]
pub fn assert_close(what: &str, actual: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}: number of entries");
    for (place, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        let error = (actual - expected).abs() / expected.abs().max(1.0);
        assert!(error <= tolerance, "{what}[{place}]: {actual} instead of {expected}, off by {error:e}");
    }
}

#[track_caller]
pub fn assert_all_finite(what: &str, values: &[f64]) {
    assert!(!values.is_empty() && values.iter().all(|value| value.is_finite()), "{what}: {values:?}");
}

/// The golden file of `xtask/parity/pcme_loss.py`.
pub fn pcme_loss() -> Value {
    serde_json::from_str(include_str!("../goldens/pcme_loss.json")).unwrap()
}

/// The golden file of `xtask/parity/pcme_family_losses.py`.
pub fn pcme_family_losses() -> Value {
    serde_json::from_str(include_str!("../goldens/pcme_family_losses.json")).unwrap()
}

/// The numbers of a golden array.
pub fn numbers(value: &Value) -> Vec<f64> {
    let list = value.get("values").unwrap_or(value);
    list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// A golden array as a tensor.
pub fn tensor<const R: usize>(value: &Value, device: &Device) -> Tensor<R> {
    let shape: Vec<usize> = value["shape"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let shape: [usize; R] = shape.try_into().unwrap();
    let values: Vec<f32> = numbers(value).into_iter().map(|number| number as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}
