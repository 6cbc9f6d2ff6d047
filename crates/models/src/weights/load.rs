//! Safetensors into a module, all or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::tensor::{DType, Shape, TensorData};
use burn_store::{ModuleSnapshot, PyTorchToBurnAdapter, bridge};
use safetensors::{Dtype, SafeTensors};

use super::{LoadOptions, Misshapen, TensorSpec, WeightDifferences, tensor_specs};
use crate::ModelError;

/// Loads a safetensors file as published by torchvision or timm (or written by [`save`](super::save)) into a module.
///
/// Names and shapes must fit exactly, apart from what `options` leave out and BatchNorm's `num_batches_tracked`.
/// F16, BF16 and F64 are converted to F32. On an error the module given is dropped and none comes back half loaded.
///
/// # Errors
/// [`ModelError::Io`], [`ModelError::Format`] (no or a damaged safetensors file), [`ModelError::Dtype`],
/// [`ModelError::Weights`] with every missing, extra and misshapen tensor.
pub fn load<M: Module>(module: M, path: impl AsRef<Path>, options: &LoadOptions) -> Result<M, ModelError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
    load_from(module, &bytes, options, &path.display().to_string())
}

/// [`load`] from the bytes of a safetensors file.
///
/// # Errors
/// As [`load`], apart from [`ModelError::Io`].
pub fn load_bytes<M: Module>(module: M, bytes: &[u8], options: &LoadOptions) -> Result<M, ModelError> {
    load_from(module, bytes, options, "memory")
}

fn load_from<M: Module>(mut module: M, bytes: &[u8], options: &LoadOptions, origin: &str) -> Result<M, ModelError> {
    let format = |reason: String| ModelError::Format { origin: origin.to_owned(), reason };
    let file = SafeTensors::deserialize(bytes).map_err(|error| format(error.to_string()))?;
    let found: BTreeMap<&str, _> =
        file.iter().filter_map(|(name, view)| options.model_name(name).map(|name| (name, view))).collect();

    let differences = compare(&tensor_specs(&module), &found.iter().map(|(n, v)| (*n, v.shape())).collect());
    if !differences.is_empty() {
        return Err(ModelError::Weights { origin: origin.to_owned(), differences });
    }

    let mut tensors = Vec::with_capacity(found.len());
    for (name, view) in &found {
        let dtype = float_type(view.dtype()).ok_or_else(|| ModelError::Dtype {
            origin: origin.to_owned(),
            tensor: (*name).to_owned(),
            found: format!("{:?}", view.dtype()),
        })?;
        let data = TensorData::from_bytes_vec(view.data().to_vec(), Shape::from(view.shape().to_vec()), dtype);
        tensors.push(bridge::from_data(data.convert_dtype(DType::F32), (*name).to_owned(), None));
    }

    // Everything that could go wrong has been checked above: `apply` must not panic, it would end the process.
    let result = module.apply(tensors, None, Some(Box::new(PyTorchToBurnAdapter)), true);
    match result.errors.is_empty() && result.missing.is_empty() {
        true => Ok(module),
        false => Err(format(result.to_string())),
    }
}

fn compare(expected: &[TensorSpec], found: &BTreeMap<&str, &[usize]>) -> WeightDifferences {
    let mut differences = WeightDifferences::default();
    for spec in expected {
        match found.get(spec.name.as_str()) {
            None => differences.missing.push(spec.clone()),
            Some(shape) if **shape != spec.shape => {
                differences.misshapen.push(Misshapen { expected: spec.clone(), found: shape.to_vec() });
            }
            Some(_) => {}
        }
    }
    for (name, shape) in found {
        if expected.binary_search_by(|spec| spec.name.as_str().cmp(name)).is_err() {
            differences.extra.push(TensorSpec { name: (*name).to_owned(), shape: shape.to_vec() });
        }
    }
    differences
}

fn float_type(dtype: Dtype) -> Option<DType> {
    match dtype {
        Dtype::F32 => Some(DType::F32),
        Dtype::F16 => Some(DType::F16),
        Dtype::BF16 => Some(DType::BF16),
        Dtype::F64 => Some(DType::F64),
        _ => None,
    }
}
