//! A function of tensors, with its gradients, in `f32` against `f64`.
//!
//! Kernels are for `f32`; in `f64` the same function is composed of Burn's operations, so the two share nothing but the formula.

use burn::tensor::{DType, Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// How many numbers an input has, and how far from zero they are.
pub type Input = (usize, f64);

/// Asserts that value and all gradients of `function`, which messages call `what`, are the same to `tolerance`, times the largest number of each where
/// that is above 1. Inputs and output are flat.
pub fn assert_like_f64(what: &str, inputs: &[Input], tolerance: f64, function: impl Fn(&[Tensor<1>]) -> Tensor<1>) {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut draw =
        |(count, scale): Input| (0..count).map(|_| scale * random.random_range(-1.0..1.0)).collect::<Vec<f64>>();
    let values: Vec<Vec<f64>> = inputs.iter().map(|&input| draw(input)).collect();
    let weights = draw((100_000, 1.0));
    let [fast, exact] = [DType::F32, DType::F64].map(|dtype| {
        let device = Device::default().autodiff();
        let tensor = |values: &[f64]| {
            let data = TensorData::new(values.to_vec(), [values.len()]).convert_dtype(dtype);
            Tensor::<1>::from_data(data, (&device, dtype))
        };
        let inputs: Vec<Tensor<1>> = values.iter().map(|values| tensor(values).require_grad()).collect();
        let output = function(&inputs);
        let count = output.dims()[0];
        // Weighed each in its own way, so that no gradient hides in a sum.
        let gradients = (output.clone() * tensor(&weights[..count])).sum().backward();
        let of = |input: &Tensor<1>| input.grad(&gradients).unwrap_or_else(|| input.clone().inner().zeros_like());
        let all = std::iter::once(output.inner()).chain(inputs.iter().map(of));
        all.map(|tensor| tensor.into_data().convert::<f64>().try_to_vec::<f64>().expect("converted"))
            .collect::<Vec<_>>()
    });
    for (index, (fast, exact)) in fast.iter().zip(&exact).enumerate() {
        let largest = exact.iter().fold(1.0, |largest: f64, value| largest.max(value.abs()));
        let worst = fast.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst <= tolerance * largest, "{what}, output and inputs, {index}: {worst:e} off, largest {largest:e}");
        assert!(fast.iter().all(|value| value.is_finite()));
    }
}
