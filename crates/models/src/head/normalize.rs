//! Projection onto the unit sphere that stays finite at the origin.

use burn::tensor::Tensor;

/// `x / max(||x||_2, 1e-12)` for each row, as `torch.nn.functional.normalize`; zero rows stay zero, with a finite
/// gradient.
///
/// # Shapes
/// * `x`: `[N, D]`
/// * output: `[N, D]`
pub fn l2_normalize(x: Tensor<2>) -> Tensor<2> {
    // The clamp is inside the root: the root's own gradient is infinite at zero. 1e-24 is a normal number in f32.
    let norm = x.clone().square().sum_dim(1).clamp_min(1e-24).sqrt(); // [N, 1]
    x / norm
}
