//! Distances between all pairs of rows through one matrix product, safe against overflow and cancellation.

use burn::tensor::Tensor;

use super::CentredGallery;

/// What is added to a squared distance before its root, as in the code of PCME: keeps the gradient finite at distance zero.
pub(crate) const DISTANCE_EPSILON: f64 = 1e-6;

/// Largest coordinate that is squared as it is; batches with larger ones are scaled down first, because the square of
/// anything past 1.8e19 overflows an `f32` and two overflows subtract to NaN.
pub(super) const LARGEST_COORDINATE: f64 = 1e15;

/// What numbers are divided by before they are squared: 1 (exactly) unless one is huge, `[1, ..]`.
pub(super) fn unit_of<const R: usize>(numbers: &Tensor<R>) -> Tensor<R> {
    let largest = numbers.clone().detach().abs().max();
    (largest / LARGEST_COORDINATE).clamp_min(1.0).reshape([1; R])
}

/// The same tensor with its numbers in the order of its axes: products with many blocks would otherwise sort it anew each time.
pub(super) fn laid_out<const R: usize>(tensor: Tensor<R>) -> Tensor<R> {
    let shape = tensor.shape();
    tensor.reshape([shape.num_elements()]).reshape(shape)
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
