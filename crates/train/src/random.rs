//! Randomness as a function of (seed, stream, epoch, step): what makes a resumed run equal to an uninterrupted one.

use std::sync::{Mutex, PoisonError};

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use rand::distr::Distribution;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use sha2::{Digest, Sha256};

/// The seed of one random stream at one step of one epoch.
///
/// The first 8 bytes of SHA-256 over the four arguments, so that neighbouring steps, epochs and streams share nothing.
/// `stream` names what the numbers are for (`"noise"`, `"order"`): two uses must not draw the same numbers.
pub fn seed_for(seed: u64, stream: &str, epoch: usize, step: usize) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update((stream.len() as u64).to_le_bytes());
    hash.update(stream.as_bytes());
    hash.update((epoch as u64).to_le_bytes());
    hash.update((step as u64).to_le_bytes());
    let digest = hash.finalize();
    u64::from_le_bytes(digest[..8].try_into().expect("a SHA-256 digest has 32 bytes"))
}

/// Standard normal noise, drawn on the host with ChaCha8 and the ziggurat, so that it is the same on every device.
///
/// # Shapes
/// - output: `shape`, filled in row-major order
pub fn normal_noise<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| StandardNormal.sample(&mut rng)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Uniform noise in the open interval (0, 1), drawn on the host with ChaCha8, so that it is the same on every device.
///
/// The values are `(i + 1/2) / 2^23` with integers `i`: all are exact in f32, and neither end is ever reached.
///
/// # Shapes
/// - output: `shape`, filled in row-major order
pub fn uniform_noise<const D: usize>(shape: [usize; D], seed: u64, device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(uniform_values(shape.iter().product(), seed), shape), device)
}

/// The numbers of [`uniform_noise`] on the host, for draws that no device is asked for.
pub fn uniform_values(count: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| ((rng.next_u32() >> 9) as f32 + 0.5) / (1 << 23) as f32).collect()
}

/// Builds a module from a seed: seeds the backend, runs `build`, and draws every parameter in the module's own order.
///
/// Burn draws a parameter's values when it is first used; without this the order of use would decide the values.
/// The backend's generator is shared by the whole process: calls of this function wait for each other, and nothing else
/// must draw from it meanwhile.
pub fn seeded_init<M: Module>(device: &Device, seed: u64, build: impl FnOnce(&Device) -> M) -> M {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    let module = build(device);
    module.visit(&mut Materialize);
    module
}

/// Touches every parameter, which draws it.
struct Materialize;

impl ModuleVisitor for Materialize {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let _ = param.val();
    }
    fn visit_int<const D: usize>(&mut self, param: &Param<Tensor<D, Int>>) {
        let _ = param.val();
    }
    fn visit_bool<const D: usize>(&mut self, param: &Param<Tensor<D, Bool>>) {
        let _ = param.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_stream_epoch_and_step_has_its_own_seed() {
        let mut seen = HashSet::new();
        for seed in 0..3 {
            for stream in ["noise", "order", "nois"] {
                for epoch in 0..5 {
                    for step in 0..20 {
                        assert!(seen.insert(seed_for(seed, stream, epoch, step)));
                    }
                }
            }
        }
    }

    #[test]
    fn noise_is_a_function_of_its_seed_and_standard_normal() {
        let device = Device::flex();
        let noise = normal_noise([4, 5_000], 7, &device).into_data();
        assert_eq!(noise, normal_noise([4, 5_000], 7, &device).into_data());
        let values = noise.try_to_vec::<f32>().unwrap();
        let n = values.len() as f64;
        let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = values.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
        // Standard errors at n = 20,000: 0.007 and 0.01; five of them.
        assert!(mean.abs() < 0.035 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
    }

    #[test]
    fn uniform_noise_is_a_function_of_its_seed_and_stays_inside() {
        let device = Device::flex();
        let noise = uniform_noise([4, 5_000], 7, &device).into_data();
        assert_eq!(noise, uniform_noise([4, 5_000], 7, &device).into_data());
        let values = noise.try_to_vec::<f32>().unwrap();
        assert!(values.iter().all(|u| *u > 0.0 && *u < 1.0));
        // Standard error of the mean at n = 20,000: 0.002; five of them.
        let mean = values.iter().map(|u| f64::from(*u)).sum::<f64>() / values.len() as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
