//! Positions as rotations.

use burn::tensor::{Tensor, TensorData};

/// Turns the pair `(x_j, x_(j + e/2))` of position `p` by the angle `p 10000^(-2 j / e)` (Su et al. 2021, halves instead of
/// neighbours); `[B, heads, L, e]`, `e` even.
pub(super) fn rotate(x: Tensor<4>) -> Tensor<4> {
    let [_, _, length, width] = x.dims();
    let half = width / 2;
    let angle = |at: usize| (at / half) as f64 * 10_000.0_f64.powf(-2.0 * (at % half) as f64 / width as f64);
    let table = |wave: fn(f64) -> f64| {
        let values: Vec<f32> = (0..length * half).map(|at| wave(angle(at)) as f32).collect();
        Tensor::<4>::from_data(TensorData::new(values, [1, 1, length, half]), &x.device())
    };
    let (cos, sin) = (table(f64::cos), table(f64::sin));
    let (a, b) = (x.clone().narrow(3, 0, half), x.clone().narrow(3, half, half));
    Tensor::cat(vec![a.clone() * cos.clone() - b.clone() * sin.clone(), b * cos + a * sin], 3)
}
