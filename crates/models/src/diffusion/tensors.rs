//! Tensor helpers that discrete and continuous diffusion share: values of the host, entries at a class, draws, sums.
//!
//! What does *not* live here: mathematics in log space, which is [`halation_core::categorical`].

use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_core::categorical::gumbel_from_uniform;

/// Host values as a tensor of f32.
pub(super) fn upload<const D: usize>(values: Vec<f64>, shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The entry of each position's class, `[B, L, K] -> [B, L]`.
pub(super) fn at_class(values: Tensor<3>, ids: Tensor<2, Int>) -> Tensor<2> {
    values.gather(2, ids.unsqueeze_dim::<3>(2)).squeeze_dim(2)
}

/// 1 at each position's class and 0 elsewhere, `[B, L] -> [B, L, K]`.
pub(super) fn one_hot(ids: Tensor<2, Int>, classes: usize) -> Tensor<3> {
    let all = Tensor::<1, Int>::arange(0..classes as i64, &ids.device()).reshape([1, 1, classes]);
    let [batch, length] = ids.dims();
    let ids = ids.unsqueeze_dim::<3>(2).expand([batch, length, classes]);
    ids.equal(all.expand([batch, length, classes])).float()
}

/// One class for each position by the Gumbel-max trick, `[B, L, K] -> [B, L]`; the log-probabilities need no normalisation.
pub(super) fn sample_class(log_probs: Tensor<3>, uniforms: Tensor<3>) -> Tensor<2, Int> {
    (log_probs + gumbel_from_uniform(uniforms)).argmax(2).squeeze_dim(2)
}

/// Sums over the positions, `[B, L] -> [B]`.
pub(super) fn sum_positions(values: Tensor<2>) -> Tensor<1> {
    values.sum_dim(1).squeeze_dim(1)
}
