//! Small tensor helpers of the flows: reductions to one number per item, per-channel parameters, logarithms of sums.

use burn::tensor::Tensor;

/// The axis of the channels: 1 for images (NCHW), the last one otherwise.
pub(super) const fn channel_axis(rank: usize) -> usize {
    if rank == 4 { 1 } else { rank - 1 }
}

/// `[C]` shaped so that it applies to every position of a tensor of this rank.
pub(super) fn per_channel<const D: usize>(values: Tensor<1>) -> Tensor<D> {
    let mut shape = [1; D];
    shape[channel_axis(D)] = values.dims()[0];
    values.reshape(shape)
}

/// Sum over everything but the batch: `[B, ..] -> [B]`.
pub(super) fn sum_items<const D: usize>(values: Tensor<D>) -> Tensor<1> {
    values.flatten::<2>(1, D - 1).sum_dim(1).squeeze_dim(1)
}

/// One number for every item of a batch: `[1] -> [B]`.
pub(super) fn for_items(value: Tensor<1>, batch: usize) -> Tensor<1> {
    value.expand([batch])
}

/// `ln sum exp` over the last axis, which is dropped.
pub(super) fn log_sum_exp<const D: usize, const R: usize>(values: Tensor<D>) -> Tensor<R> {
    // The shift cancels, also in the gradient.
    let max = values.clone().without_autodiff().max_dim(D - 1);
    ((values - max.clone()).exp().sum_dim(D - 1).log() + max).squeeze_dim(D - 1)
}

/// `log N(x | 0, 1)`, summed over everything but the batch: `[B, ..] -> [B]`.
pub(super) fn standard_normal_log_prob<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    sum_items((x.square() + (2.0 * std::f64::consts::PI).ln()) * -0.5)
}
