//! Arithmetic that several losses share, safe for every finite input. Private to the losses.

use burn::tensor::Tensor;
use halation_kernels::{exponential, log_sigmoid, log_softmax};

/// Smallest norm and smallest sum of targets that is divided by, as in PyTorch's `normalize`.
const EPSILON: f64 = 1e-12;

/// Squared distances and similarities count up to this, so that a sum of them stays finite; beyond it they have no gradient.
pub(super) const LARGEST_SQUARE: f64 = 1e30;

/// A zero that still hangs on `tensor`, so that a backward pass through it runs and gives zero gradients.
pub(super) fn zero_of<const R: usize>(tensor: Tensor<R>) -> Tensor<1> {
    (tensor * 0.0).sum()
}

/// Vectors along the last axis at unit length, zero vectors as they are. They are first divided by their largest coordinate, which changes
/// neither the result nor its gradient, because the square of a large coordinate would overflow.
pub(super) fn unit<const R: usize>(vectors: Tensor<R>) -> Tensor<R> {
    let largest = vectors.clone().detach().abs().max_dim(R - 1).clamp_min(EPSILON); // [.., 1]
    let vectors = vectors / largest;
    // Clamped before the root: its gradient at zero is infinite.
    let norm = vectors.clone().square().sum_dim(R - 1).clamp_min(EPSILON * EPSILON).sqrt();
    vectors / norm
}

/// Square root whose gradient is zero at (and next to) zero, where the true one is infinite.
pub(super) fn safe_sqrt<const R: usize>(squares: Tensor<R>) -> Tensor<R> {
    squares.clamp(EPSILON * EPSILON, LARGEST_SQUARE).sqrt()
}

/// `ln sum exp` along an axis, which stays with length 1.
pub(super) fn log_sum_exp<const R: usize>(values: Tensor<R>, axis: usize) -> Tensor<R> {
    // The shift is a constant to autodiff: it cancels, and what remains is the exact softmax gradient.
    let shift = values.clone().detach().max_dim(axis);
    exponential(values - shift.clone()).sum_dim(axis).log() + shift
}

/// Cross-entropy of each row against its normalised targets, `[N, M] -> [N]`; zero where a row has no target.
pub(super) fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let targets = targets.clone() / targets.sum_dim(1).clamp_min(EPSILON);
    -(log_softmax(logits, 1) * targets).sum_dim(1).squeeze_dim::<1>(1)
}

/// Binary cross-entropy of logits against targets in `[0, 1]`, entry by entry: `-y ln sigmoid(l) - (1 - y) ln sigmoid(-l)`.
pub(super) fn binary_cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<2> {
    -(log_sigmoid(logits.clone()) * targets.clone() + log_sigmoid(-logits) * (-targets + 1.0))
}

/// The value of `clamp(min, max)` with the gradient of the unclamped tensor, so that a learnt scalar outside its range can come back.
pub(super) fn clamp_straight_through<const R: usize>(tensor: Tensor<R>, min: f64, max: f64) -> Tensor<R> {
    let constant = tensor.clone().detach();
    let correction = constant.clone().clamp(min, max) - constant;
    tensor + correction
}
