//! Distances between all pairs of rows through one matrix product, safe against overflow and cancellation.

use burn::tensor::Tensor;

use crate::dist::DiagNormal;

/// What is added to a squared distance before its root, as in the code of PCME: keeps the gradient finite at distance zero.
pub(crate) const DISTANCE_EPSILON: f64 = 1e-6;

/// Largest coordinate that is squared as it is; batches with larger ones are scaled down first, because the square of
/// anything past 1.8e19 overflows an `f32` and two overflows subtract to NaN.
const LARGEST_COORDINATE: f64 = 1e15;

/// Squared Euclidean distances of all pairs, at least zero; past the range of the float type they are infinite.
///
/// # Shapes
/// * `x`: `[.., N, D]`, `y`: `[.., M, D]`
/// * returns: `[.., N, M]`
pub(crate) fn squared_distance<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> Tensor<R> {
    let (squared, unit) = scaled_squared_distance(x, y);
    // Twice by the unit: its square alone may overflow, and zero times infinity is NaN.
    squared * unit.clone() * unit // [.., N, M]
}

/// Distances `sqrt(||x_i - y_j||^2 + 1e-6)` of all pairs, finite for every finite input up to a norm of about 1e38.
///
/// # Shapes
/// As [`squared_distance`].
pub(crate) fn distance<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> Tensor<R> {
    let (squared, unit) = scaled_squared_distance(x, y);
    // The epsilon in scaled units; the lower bound keeps it from vanishing, and with it the gradient from overflowing.
    let epsilon = (unit.clone().recip().square() * DISTANCE_EPSILON).clamp_min(1e-30);
    (squared + epsilon).sqrt() * unit // [.., N, M]
}

/// Inner products of all pairs, never NaN; past the range of the float type they are infinite.
///
/// # Shapes
/// As [`squared_distance`].
pub(crate) fn inner_product<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> Tensor<R> {
    let unit = |side: &Tensor<R>| -> Tensor<R> {
        let largest = side.clone().detach().abs().max();
        (largest / LARGEST_COORDINATE).clamp_min(1.0).reshape([1; R])
    };
    let (x_unit, y_unit) = (unit(&x), unit(&y));
    let product = (x / x_unit.clone()).matmul((y / y_unit.clone()).swap_dims(R - 2, R - 1)); // [.., N, M]
    product * x_unit * y_unit
}

/// Squared distances in units of `unit^2`, and the unit: 1 (exactly) unless a coordinate is huge.
fn scaled_squared_distance<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> (Tensor<R>, Tensor<R>) {
    // Distances do not see a common shift, but the rounding of |x|^2 + |y|^2 - 2 x.y does.
    let centre = y.clone().detach().mean_dim(R - 2); // [.., 1, D]
    let (x, y) = (x - centre.clone(), y - centre);
    let largest = x.clone().detach().abs().max().max_pair(y.clone().detach().abs().max());
    let unit: Tensor<R> = (largest / LARGEST_COORDINATE).clamp_min(1.0).reshape([1; R]);
    let (x, y) = (x / unit.clone(), y / unit.clone());

    let x_norm = x.clone().square().sum_dim(R - 1); // [.., N, 1]
    let y_norm = y.clone().square().sum_dim(R - 1).swap_dims(R - 2, R - 1); // [.., 1, M]
    // Signs and factors go into the small operand, so that few passes over the [.., N, M] are left.
    let product = (x * -2.0).matmul(y.swap_dims(R - 2, R - 1)); // [.., N, M]
    ((product + x_norm + y_norm).clamp_min(0.0), unit)
}

/// `sum_k (x_k - mean_k)^2 / v_k` of every point under every distribution: squared Mahalanobis distances by matrix products.
///
/// # Shapes
/// * `points`: `[N, D]`, `gallery`: `[M, D]`
/// * returns: `[N, M]`
pub(crate) fn squared_mahalanobis(points: Tensor<2>, gallery: &DiagNormal) -> Tensor<2> {
    let no_variance = points.zeros_like();
    scatter(points, no_variance, gallery)
}

/// `sum_k (v1_k + (mean1_k - mean2_k)^2) / v2_k` of all pairs: the second moment of a query around the gallery item's mean in units
/// of its variance, which KL and Jeffreys are made of.
///
/// # Shapes
/// * `query`: `[N, D]`, `gallery`: `[M, D]`
/// * returns: `[N, M]`
pub(crate) fn relative_scatter(query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
    scatter(query.mean(), query.log_var().bounded().variance(), gallery)
}

/// Both of the above, by two matrix products.
fn scatter(mean1: Tensor<2>, variance1: Tensor<2>, gallery: &DiagNormal) -> Tensor<2> {
    let centre = gallery.mean().detach().mean_dim(0); // [1, D]
    let (mean1, mean2) = (mean1 - centre.clone(), gallery.mean() - centre);
    let precision2 = (-gallery.log_var().bounded().0).exp(); // [M, D]
    let weighted2 = mean2.clone() * precision2.clone(); // [M, D]
    let constant = (mean2 * weighted2.clone()).sum_dim(1).transpose(); // [1, M]
    let second_moment1 = variance1 + mean1.clone().square(); // [N, D]
    second_moment1.matmul(precision2.transpose()) - mean1.matmul(weighted2.transpose()) * 2.0 + constant // [N, M]
}
