//! Distances between all pairs of rows through one matrix product, safe against overflow and cancellation.

use burn::tensor::Tensor;

use super::CentredGallery;
use crate::dist::DiagNormal;

/// What is added to a squared distance before its root, as in the code of PCME: keeps the gradient finite at distance zero.
pub(crate) const DISTANCE_EPSILON: f64 = 1e-6;

/// Largest coordinate that is squared as it is; batches with larger ones are scaled down first, because the square of
/// anything past 1.8e19 overflows an `f32` and two overflows subtract to NaN.
const LARGEST_COORDINATE: f64 = 1e15;

/// What numbers are divided by before they are squared: 1 (exactly) unless one is huge, `[1, ..]`.
pub(super) fn unit_of<const R: usize>(numbers: &Tensor<R>) -> Tensor<R> {
    let largest = numbers.clone().detach().abs().max();
    (largest / LARGEST_COORDINATE).clamp_min(1.0).reshape([1; R])
}

/// Squared Euclidean distances of all pairs, at least zero; past the range of the float type they are infinite.
///
/// # Shapes
/// * `x`: `[.., N, D]`, `y`: `[.., M, D]`
/// * returns: `[.., N, M]`
pub(crate) fn squared_distance<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> Tensor<R> {
    CentredGallery::new(y).squared_distance(x)
}

/// Distances `sqrt(||x_i - y_j||^2 + 1e-6)` of all pairs, finite for every finite input up to a norm of about 1e38.
///
/// # Shapes
/// As [`squared_distance`].
pub(crate) fn distance<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> Tensor<R> {
    let (squared, unit) = CentredGallery::new(y).scaled_squared_distance(x);
    // The epsilon in scaled units; the lower bound keeps it from vanishing, and with it the gradient from overflowing.
    let epsilon = (unit.clone().recip().square() * DISTANCE_EPSILON).clamp_min(1e-30);
    (squared + epsilon).sqrt() * unit // [.., N, M]
}

/// Inner products of all pairs, never NaN; past the range of the float type they are infinite.
///
/// # Shapes
/// As [`squared_distance`].
pub(crate) fn inner_product<const R: usize>(x: Tensor<R>, y: Tensor<R>) -> Tensor<R> {
    let (x_unit, y_unit) = (unit_of(&x), unit_of(&y));
    let product = (x / x_unit.clone()).matmul((y / y_unit.clone()).swap_dims(R - 2, R - 1)); // [.., N, M]
    product * x_unit * y_unit
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
