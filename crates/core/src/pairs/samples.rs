//! Pairs of sample sets: every sample of one item against every sample of another.
//!
//! Layout: the axes of the samples come before the axes of their items, `[J, N, K, M]`, so that the reductions over samples run
//! over long contiguous rows.

use burn::tensor::Tensor;
use halation_kernels::exponential;

use super::distance;

/// Distances between every sample of every row item and every sample of every column item.
///
/// # Shapes
/// * `rows`: `[N, J, D]`, `columns`: `[M, K, D]`
/// * returns: `[J, N, K, M]`
pub(crate) fn sample_distances(rows: Tensor<3>, columns: Tensor<3>) -> Tensor<4> {
    let [n, j, d] = rows.dims();
    let [m, k, _] = columns.dims();
    let rows = rows.swap_dims(0, 1).reshape([j * n, d]);
    let columns = columns.swap_dims(0, 1).reshape([k * m, d]);
    distance(rows, columns).reshape([j, n, k, m])
}

/// Distances between the samples of items in the same place.
///
/// # Shapes
/// * `left`: `[N, J, D]`, `right`: `[N, K, D]`
/// * returns: `[J, N, K, 1]`
pub(crate) fn aligned_sample_distances(left: Tensor<3>, right: Tensor<3>) -> Tensor<4> {
    distance(left, right).swap_dims(0, 1).unsqueeze_dim(3) // [N, J, K] -> [J, N, K, 1]
}

/// `log(1/(JK) sum_jk exp(x_jk))` without overflow: the logarithm of a mean probability, without its saturation at 0 and 1.
///
/// # Shapes
/// * `values`: `[J, N, K, M]`
/// * returns: `[N, M]`
pub(crate) fn log_mean_exp_over_samples(values: Tensor<4>) -> Tensor<2> {
    let [_, n, _, m] = values.dims();
    // The shift is a constant to autodiff: it cancels, and what remains is the exact softmax gradient.
    let shift = values.clone().detach().max_dim(2).max_dim(0); // [1, N, 1, M]
    let mean = exponential(values - shift.clone()).mean_dim(2).mean_dim(0);
    (mean.log() + shift).reshape([n, m])
}

/// The mean over both sample axes.
///
/// # Shapes
/// * `values`: `[J, N, K, M]`
/// * returns: `[N, M]`
pub(crate) fn mean_over_samples(values: Tensor<4>) -> Tensor<2> {
    let [_, n, _, m] = values.dims();
    values.mean_dim(2).mean_dim(0).reshape([n, m])
}
