//! Probabilities from logits.

use burn::tensor::{Tensor, activation};

/// `e^x / sum e^x` along the axis `axis`. The last axis has a fast form.
pub fn softmax<const D: usize>(logits: Tensor<D>, axis: usize) -> Tensor<D> {
    #[cfg(feature = "flex")]
    if let Some(operand) = last(&logits, axis) {
        return crate::flex::run(crate::flex::Softmax, [operand]);
    }
    activation::softmax(logits, axis)
}

/// `x - ln sum e^x` along the axis `axis`. The last axis has a fast form.
pub fn log_softmax<const D: usize>(logits: Tensor<D>, axis: usize) -> Tensor<D> {
    #[cfg(feature = "flex")]
    if let Some(operand) = last(&logits, axis) {
        return crate::flex::run(crate::flex::LogSoftmax, [operand]);
    }
    activation::log_softmax(logits, axis)
}

/// Logits that the fast form takes.
#[cfg(feature = "flex")]
fn last<const D: usize>(logits: &Tensor<D>, axis: usize) -> Option<crate::flex::Operand> {
    (axis + 1 == D && logits.dims()[axis] > 0).then(|| crate::flex::Operand::of(logits)).flatten()
}
