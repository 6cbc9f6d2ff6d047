//! Sums and one-hot vectors by their logarithms, and the noise that turns an argmax into a draw.

use burn::tensor::{DType, Int, Tensor};
use halation_kernels::softplus;

/// What [`log_one_hot`] holds off the class: `ln(1e-30)`. Finite, so that differences of two of them are zero and not NaN.
pub const LOG_ZERO: f64 = -69.077_552_789_821_37;

/// The uniforms that are told apart: `[1e-30, 1 - 2^-24]`, so that both logarithms of [`gumbel_from_uniform`] are finite in f32.
pub const UNIFORM_RANGE: [f64; 2] = [1e-30, 1.0 - 1.0 / (1 << 24) as f64];

/// The same for f64 noise, which tells far rarer events apart.
const UNIFORM_RANGE_F64: [f64; 2] = [1e-300, 1.0 - f64::EPSILON / 2.0];

/// Below this a maximum counts as "all terms are zero"; subtracting it from minus infinity stays minus infinity.
const LOWEST: f64 = -3e38;

/// Past this, `ln softplus(-x)` is `-x` to f32 rounding.
const SOFTPLUS_IS_EXP: f64 = 16.0;

/// `ln(e^a + e^b)`, entry by entry; either may be minus infinity.
///
/// # Shapes
/// * `a`, `b` and the output: the same
pub fn log_add_exp<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> Tensor<D> {
    // The gradient of a maximum at a tie goes one way; as a constant, the maximum has none and the sum is exact.
    let max = a.clone().max_pair(b.clone()).detach().clamp_min(LOWEST);
    ((a - max.clone()).exp() + (b - max.clone()).exp()).log() + max
}

/// `ln sum_k e^{x_k}` over one axis, which stays with length one; terms may be minus infinity.
///
/// # Shapes
/// * `x`: any; output: the same, but 1 along `dim`
pub fn log_sum_exp_keepdim<const D: usize>(x: Tensor<D>, dim: usize) -> Tensor<D> {
    let max = x.clone().max_dim(dim).detach().clamp_min(LOWEST);
    (x - max.clone()).exp().sum_dim(dim).log() + max
}

/// Zero on the class and [`LOG_ZERO`] elsewhere: a one-hot vector by its logarithm.
///
/// # Shapes
/// * `ids`: `[B, L]`, below `classes`
/// * output: `[B, L, K]`, `K = classes`
pub fn log_one_hot(ids: Tensor<2, Int>, classes: usize) -> Tensor<3> {
    let [batch, length] = ids.dims();
    let device = ids.device();
    let columns = Tensor::<1, Int>::arange(0..classes as i64, &device).reshape([1, 1, classes]);
    let ids: Tensor<3, Int> = ids.unsqueeze_dim(2);
    let on_class = ids.expand([batch, length, classes]).equal(columns.expand([batch, length, classes]));
    // Not a float tensor of `ids`' device settings: ids carry no float type.
    Tensor::<3>::full([batch, length, classes], LOG_ZERO, &device).mask_fill(on_class, 0.0)
}

/// Standard Gumbel noise `-ln(-ln u)`, with `u` cut to [`UNIFORM_RANGE`], or to that of f64 where it is f64.
///
/// In f32 it lies in `[-4.24, 16.64]`: an argmax never draws an event rarer than about `2^-24`, which is harmless below 256
/// classes and acts like a lower temperature at 50 000. In f64 it reaches 36.7.
///
/// # Shapes
/// * `u`: any, draws of U(0, 1); output: the same
pub fn gumbel_from_uniform<const D: usize>(u: Tensor<D>) -> Tensor<D> {
    let [low, high] = if u.dtype() == DType::F64 { UNIFORM_RANGE_F64 } else { UNIFORM_RANGE };
    -(-u.clamp(low, high).log()).log()
}

/// `ln sigmoid(x) = -softplus(-x)`, exact in both tails.
///
/// # Shapes
/// * `x` and the output: the same
pub fn log_sigmoid<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    -softplus(-x)
}

/// `ln softplus(x)`, finite for every finite `x`: it is `x` itself where `softplus(x)` is `e^x` to rounding.
///
/// # Shapes
/// * `x` and the output: the same
pub fn log_softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let small = x.clone().lower_elem(-SOFTPLUS_IS_EXP);
    let curved = softplus(x.clone().clamp_min(-SOFTPLUS_IS_EXP)).log();
    curved.mask_where(small, x)
}
