//! A number as a vector of waves.

use burn::tensor::{Tensor, TensorData};

/// The range that the time is stretched to before its waves are taken, whatever the number of steps (published code).
pub(super) const TIME_SCALE: f64 = 4000.0;

/// `[sin(4000 time f_j) .. | cos(4000 time f_j) ..]` with `f_j = 10000^(-j / (d/2 - 1))`; `[B] -> [B, d]`, `d` even and at
/// least 4.
pub(super) fn time_sinusoid(time: Tensor<1>, dim: usize) -> Tensor<2> {
    let half = dim / 2;
    let step = 10_000.0_f64.ln() / (half - 1) as f64;
    let frequencies: Vec<f32> = (0..half).map(|j| (-step * j as f64).exp() as f32).collect();
    let frequencies = Tensor::<2>::from_data(TensorData::new(frequencies, [1, half]), &time.device());
    let angle = (time * TIME_SCALE).unsqueeze_dim::<2>(1).matmul(frequencies); // [B, d/2]
    Tensor::cat(vec![angle.clone().sin(), angle.cos()], 1)
}
