//! A tensor on Flex, with or without a gradient.

use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Bool, DType, Tensor, TensorData};
use std::sync::Arc;

/// A tensor of Flex.
pub(crate) type Float = FloatTensor<Flex>;
/// A tensor of Flex that may have a gradient.
pub(crate) type Tracked = FloatTensor<Autodiff<Flex, NoCheckpointing>>;

/// One input of a kernel.
pub(crate) enum Operand {
    /// A number like any other.
    Plain(Float),
    /// A number in an autodiff context, on the way to a loss or not.
    Tracked(Tracked),
}

impl Operand {
    /// A row of zeros.
    pub(crate) fn zeros(count: usize) -> Option<Self> {
        Some(Self::Plain(float(vec![0.0; count], &[count])))
    }

    /// The tensor of `f32` on Flex behind `tensor`; `None` for all others, and for autodiff that recomputes (gradient checkpointing):
    /// these are served by the composed forms.
    pub(crate) fn of<const D: usize>(tensor: &Tensor<D>) -> Option<Self> {
        if tensor.dtype() != DType::F32 {
            return None;
        }
        match tensor.clone().try_into_primitive::<Flex>() {
            Ok(plain) => Some(Self::Plain(plain)),
            Err(_) => tensor.clone().try_into_primitive::<Autodiff<Flex, NoCheckpointing>>().ok().map(Self::Tracked),
        }
    }
}

/// A new tensor.
pub(crate) fn float(values: Vec<f32>, shape: &[usize]) -> Float {
    Float::from_data(TensorData::new(values, shape.to_vec()))
}

/// The numbers of a contiguous tensor, row after row.
///
/// # Panics
/// If the tensor is not contiguous, or not of `f32`.
pub(crate) fn values(tensor: &Float) -> &[f32] {
    tensor.as_slice().expect("the tensor was made contiguous, and operands are f32")
}

/// Flags, row after row.
pub(crate) fn flags<const D: usize>(tensor: &Tensor<D, Bool>) -> Arc<[bool]> {
    tensor.to_data().iter::<bool>().collect()
}
