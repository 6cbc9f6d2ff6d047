//! Projections onto the unit sphere that stay finite at the origin.

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

/// `x / (||x||_2 + epsilon)` for each row, as PCME++ (epsilon 1e-8): rows come out a little shorter than one.
///
/// # Shapes
/// * `x`: `[N, D]`
/// * output: `[N, D]`
pub fn l2_normalize_softly(x: Tensor<2>, epsilon: f64) -> Tensor<2> {
    let norm = x.clone().square().sum_dim(1).clamp_min(1e-24).sqrt(); // [N, 1]; clamped as in `l2_normalize`
    x / (norm + epsilon)
}
