//! What can go into an f32 island and come out of it.

use burn::tensor::{DType, Tensor};

/// Float tensors that are cast together: one tensor, or a pair, triple, list or option of such.
pub trait FloatTensors: Sized {
    /// Every tensor with its floats as `dtype`; gradients flow through the cast.
    fn cast_to(self, dtype: DType) -> Self;

    /// The dtype of the first tensor, if there is one.
    fn first_dtype(&self) -> Option<DType>;
}

impl<const D: usize> FloatTensors for Tensor<D> {
    fn cast_to(self, dtype: DType) -> Self {
        self.cast(dtype)
    }
    fn first_dtype(&self) -> Option<DType> {
        Some(self.dtype())
    }
}

impl<T: FloatTensors> FloatTensors for Option<T> {
    fn cast_to(self, dtype: DType) -> Self {
        self.map(|tensors| tensors.cast_to(dtype))
    }
    fn first_dtype(&self) -> Option<DType> {
        self.as_ref().and_then(FloatTensors::first_dtype)
    }
}

impl<T: FloatTensors> FloatTensors for Vec<T> {
    fn cast_to(self, dtype: DType) -> Self {
        self.into_iter().map(|tensors| tensors.cast_to(dtype)).collect()
    }
    fn first_dtype(&self) -> Option<DType> {
        self.iter().find_map(FloatTensors::first_dtype)
    }
}

impl<A: FloatTensors, B: FloatTensors> FloatTensors for (A, B) {
    fn cast_to(self, dtype: DType) -> Self {
        (self.0.cast_to(dtype), self.1.cast_to(dtype))
    }
    fn first_dtype(&self) -> Option<DType> {
        self.0.first_dtype().or_else(|| self.1.first_dtype())
    }
}

impl<A: FloatTensors, B: FloatTensors, C: FloatTensors> FloatTensors for (A, B, C) {
    fn cast_to(self, dtype: DType) -> Self {
        (self.0.cast_to(dtype), self.1.cast_to(dtype), self.2.cast_to(dtype))
    }
    fn first_dtype(&self) -> Option<DType> {
        self.0.first_dtype().or_else(|| self.1.first_dtype()).or_else(|| self.2.first_dtype())
    }
}
