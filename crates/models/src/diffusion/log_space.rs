//! Log-probabilities with the classes on the last axis: mixtures, one-hot vectors and draws.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The logarithm of what is impossible: `ln 1e-30`, as in the published code, so that nothing is infinite.
pub(crate) const LOG_IMPOSSIBLE: f64 = -69.077_552_789_821_37;

/// `ln(e^a + e^b)` by element; shapes broadcast.
pub(crate) fn log_add_exp(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    let shape: [usize; 3] = std::array::from_fn(|axis| a.dims()[axis].max(b.dims()[axis]));
    let (a, b) = (a.expand(shape), b.expand(shape));
    // The gradient does not depend on the shift.
    let shift = a.clone().max_pair(b.clone()).detach();
    ((a - shift.clone()).exp() + (b - shift.clone()).exp()).log() + shift
}

/// Log-probabilities that sum to one over the classes.
pub(crate) fn log_normalize(log_weights: Tensor<3>) -> Tensor<3> {
    log_softmax(log_weights, 2)
}

/// Log-probabilities of a certain class: 0 there, `ln 1e-30` elsewhere; `[B, L] -> [B, L, classes]`.
pub(crate) fn log_one_hot(ids: Tensor<2, Int>, classes: usize) -> Tensor<3> {
    let [batch, length] = ids.dims();
    let device = ids.device();
    let class = Tensor::<1, Int>::arange(0..classes as i64, &device).unsqueeze::<3>(); // [1, 1, classes]
    let shape = [batch, length, classes];
    let hit = ids.unsqueeze_dim::<3>(2).expand(shape).equal(class.expand(shape));
    Tensor::full(shape, LOG_IMPOSSIBLE, &device).mask_fill(hit, 0.0)
}

/// The value at the given class; `[B, L, classes] -> [B, L]`.
pub(crate) fn at_class(values: Tensor<3>, ids: Tensor<2, Int>) -> Tensor<2> {
    values.gather(2, ids.unsqueeze_dim(2)).squeeze_dim(2)
}

/// Standard Gumbel draws from uniform numbers in `[0, 1)`: `-ln(-ln(u + 1e-30) + 1e-30)`.
///
/// With `f32` numbers they lie in `[-4.24, 16.64]`, so what is rarer than about `2^-24` never happens: harmless for
/// hundreds of classes, not for tens of thousands.
pub(crate) fn gumbel(uniforms: Tensor<3>) -> Tensor<3> {
    ((uniforms + 1e-30).log().neg() + 1e-30).log().neg()
}

/// One class for each position by the Gumbel-max trick; `[B, L, classes] -> [B, L]`.
pub(crate) fn sample_class(log_probs: Tensor<3>, uniforms: Tensor<3>) -> Tensor<2, Int> {
    (log_probs + gumbel(uniforms)).argmax(2).squeeze_dim(2)
}

/// One number for each sequence, `[B, 1, 1]`.
pub(crate) fn per_sequence(values: impl Iterator<Item = f64>, device: &Device) -> Tensor<3> {
    let values: Vec<f32> = values.map(|value| value as f32).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count, 1, 1]), device)
}

/// The sum over positions and classes, one number for each sequence.
pub(crate) fn sum_sequence(values: Tensor<3>) -> Tensor<1> {
    values.sum_dims_squeeze(&[1, 2])
}

/// `ln(1 - e^x)` for `x <= 0` without cancellation, and never below `ln 1e-40`.
pub(crate) fn log_one_minus_exp(x: f64) -> f64 {
    let rest = -x.exp_m1();
    if rest > 0.0 { rest.ln().max(-92.103_403_719_761_83) } else { -92.103_403_719_761_83 }
}
