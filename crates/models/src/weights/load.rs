//! Safetensors into a module, all or nothing.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn::tensor::{DType, Shape, TensorData};
use burn_store::{ModuleSnapshot, PyTorchToBurnAdapter, bridge};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::file_tensor::{FileForm, FileTensor};
use super::{LoadOptions, Misshapen, TensorSpec, WeightDifferences, tensor_specs};
use crate::ModelError;

/// The tensors of a file by the names that the key map knows.
pub(super) type Found<'a> = BTreeMap<&'a str, TensorView<'a>>;

/// Loads a safetensors file as published by torchvision or timm (or written by [`save`](super::save)) into a module.
///
/// Names and shapes must fit exactly, apart from what `options` leave out and BatchNorm's `num_batches_tracked`.
/// F16, BF16 and F64 are converted to F32. On an error the module given is dropped and none comes back half loaded.
///
/// # Errors
/// [`ModelError::Io`], [`ModelError::Format`] (no or a damaged safetensors file), [`ModelError::Dtype`],
/// [`ModelError::Weights`] with every missing, extra and misshapen tensor.
pub fn load<M: Module>(module: M, path: impl AsRef<Path>, options: &LoadOptions) -> Result<M, ModelError> {
    let (bytes, origin) = read(path.as_ref())?;
    load_from(module, &bytes, options, &origin)
}

/// [`load`] from the bytes of a safetensors file.
///
/// # Errors
/// As [`load`], apart from [`ModelError::Io`].
pub fn load_bytes<M: Module>(module: M, bytes: &[u8], options: &LoadOptions) -> Result<M, ModelError> {
    load_from(module, bytes, options, "memory")
}

fn load_from<M: Module>(module: M, bytes: &[u8], options: &LoadOptions, origin: &str) -> Result<M, ModelError> {
    let file = parse(bytes, origin)?;
    load_mapped(module, &found(&file, options), &|name| FileTensor::new(name, FileForm::Same), origin)
}

/// The bytes of a file and its name for messages.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, String), ModelError> {
    let bytes = std::fs::read(path).map_err(|source| ModelError::Io { path: path.to_owned(), source })?;
    Ok((bytes, path.display().to_string()))
}

/// The tensors of a safetensors file.
pub(super) fn parse<'a>(bytes: &'a [u8], origin: &str) -> Result<SafeTensors<'a>, ModelError> {
    SafeTensors::deserialize(bytes)
        .map_err(|error| ModelError::Format { origin: origin.to_owned(), reason: error.to_string() })
}

/// The tensors that `options` do not leave out.
pub(super) fn found<'a>(file: &'a SafeTensors<'_>, options: &LoadOptions) -> Found<'a> {
    file.iter().filter_map(|(name, view)| options.model_name(name).map(|name| (name, view))).collect()
}

/// Loads tensors by a key map: `locate` says where the file keeps the model's tensor of a name.
pub(super) fn load_mapped<M: Module>(
    mut module: M,
    found: &Found,
    locate: &dyn Fn(&str) -> FileTensor,
    origin: &str,
) -> Result<M, ModelError> {
    let places: Vec<(TensorSpec, FileTensor)> =
        tensor_specs(&module).into_iter().map(|spec| (spec.clone(), locate(&spec.name))).collect();
    let differences = compare(&places, found);
    if !differences.is_empty() {
        return Err(ModelError::Weights { origin: origin.to_owned(), differences });
    }

    let mut tensors = Vec::with_capacity(places.len());
    for (spec, place) in places {
        let parts = place.names.iter().map(|name| numbers(name, &found[name.as_str()], origin));
        let values = place.join(parts.collect::<Result<_, _>>()?, &spec);
        let data = TensorData::new(values, Shape::from(spec.shape));
        tensors.push(bridge::from_data(data, spec.name, None));
    }

    // Everything that could go wrong has been checked above: `apply` must not panic, it would end the process.
    let result = module.apply(tensors, None, Some(Box::new(PyTorchToBurnAdapter)), true);
    match result.errors.is_empty() && result.missing.is_empty() {
        true => Ok(module),
        false => Err(ModelError::Format { origin: origin.to_owned(), reason: result.to_string() }),
    }
}

/// The numbers of a tensor as f32.
fn numbers(name: &str, view: &TensorView, origin: &str) -> Result<Vec<f32>, ModelError> {
    let wrong = || ModelError::Dtype {
        origin: origin.to_owned(),
        tensor: name.to_owned(),
        found: format!("{:?}", view.dtype()),
    };
    let dtype = float_type(view.dtype()).ok_or_else(wrong)?;
    let count: usize = view.shape().iter().product();
    let data = TensorData::from_bytes_vec(view.data().to_vec(), Shape::from(vec![count]), dtype);
    data.convert_dtype(DType::F32).try_into_vec::<f32>().map_err(|_| wrong())
}

fn compare(places: &[(TensorSpec, FileTensor)], found: &Found) -> WeightDifferences {
    let mut differences = WeightDifferences::default();
    let mut expected: Vec<(TensorSpec, FileForm)> =
        places.iter().flat_map(|(spec, place)| place.specs(spec).into_iter().map(|part| (part, place.form))).collect();
    expected.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (spec, form) in &expected {
        match found.get(spec.name.as_str()).map(TensorView::shape) {
            None => differences.missing.push(spec.clone()),
            Some([1]) if *form == FileForm::Scalar => {}
            Some(shape) if *shape != spec.shape => {
                differences.misshapen.push(Misshapen { expected: spec.clone(), found: shape.to_vec() });
            }
            Some(_) => {}
        }
    }
    for (name, view) in found {
        if expected.binary_search_by(|(spec, _)| spec.name.as_str().cmp(name)).is_err() {
            differences.extra.push(TensorSpec { name: (*name).to_owned(), shape: view.shape().to_vec() });
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
