//! An island of f32.

use burn::tensor::DType;

use super::FloatTensors;

/// Runs `compute` in f32 whatever the float dtype of `inputs`, and returns its result in the dtype of the first of them.
///
/// For what half precision cannot hold: sums over many elements, `exp` of a log-variance (f16 overflows past 65504, so
/// from `exp(11.1)` on), differences of close numbers, norms. Gradients flow through both casts and are f32 inside. Inputs
/// in f32 are not touched; f64 is rounded to f32.
///
/// ```
/// use burn::tensor::{DType, Device, Tensor};
/// use halation_train::precision::in_f32;
///
/// let half = Tensor::<1>::from_floats([300.0, 400.0], &Device::flex()).cast(DType::F16);
/// // 90,000 and 160,000 are infinite in f16; their root's sum is not.
/// let norm = in_f32(half, |x| x.square().sum().sqrt());
/// assert_eq!(norm.dtype(), DType::F16);
/// assert_eq!(norm.into_scalar::<f32>(), 500.0);
/// ```
pub fn in_f32<I: FloatTensors, O: FloatTensors>(inputs: I, compute: impl FnOnce(I) -> O) -> O {
    let dtype = inputs.first_dtype();
    let output = compute(inputs.cast_to(DType::F32));
    match dtype {
        Some(dtype) => output.cast_to(dtype),
        None => output,
    }
}
