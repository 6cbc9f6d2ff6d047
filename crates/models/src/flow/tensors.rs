//! Small tensor helpers of the flows: reductions to one number per item, per-channel parameters, normal densities.

use burn::tensor::Tensor;

/// `ln 2 pi`.
pub(super) const LN_2_PI: f64 = 1.837_877_066_409_345_5;

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

/// `log N(x | 0, 1)`, summed over everything but the batch: `[B, ..] -> [B]`.
pub(super) fn standard_normal_log_prob<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    sum_items((x.square() + LN_2_PI) * -0.5)
}

/// A draw `u = mean + e^log_std noise` and its log-density `-(noise^2 + ln 2 pi) / 2 - log_std`, number by number; `noise` are
/// draws of N(0, 1).
pub(super) fn conditional_normal<const D: usize>(
    mean: Tensor<D>,
    log_std: Tensor<D>,
    noise: Tensor<D>,
) -> (Tensor<D>, Tensor<D>) {
    let u = mean + log_std.clone().exp() * noise.clone();
    let terms = (noise.square() + LN_2_PI) * -0.5 - log_std;
    (u, terms)
}
