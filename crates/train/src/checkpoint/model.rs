//! A Burn module to bytes and back.

use std::path::Path;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::Bytes;

use super::canonical::canonical_model;
use crate::TrainError;

/// The parameters and running statistics of `model`, in burnpack: equal bytes for equal values.
///
/// # Errors
/// [`TrainError::Invalid`] when the module cannot be recorded.
pub fn model_to_bytes<M: Module>(model: &M) -> Result<Vec<u8>, TrainError> {
    // Burn 0.22.1 holds the latest update of a running statistic back until the next forward pass, and a record does not
    // see it; `valid()` applies it. Without this a resumed run forgets one batch-normalisation update.
    let _ = model.valid();
    let packed = model.clone().into_record().into_bytes().map_err(|error| invalid(error.to_string()))?;
    canonical_model(packed).map_err(|error| invalid(error.to_string()))
}

/// Loads what [`model_to_bytes`] wrote into `model`, bit for bit; `model` keeps its device and gradient flags.
///
/// `path` stands for the bytes in messages.
///
/// # Errors
/// [`TrainError::Corrupt`] when the bytes are not a record, or names or shapes do not fit the module.
pub fn model_from_bytes<M: Module>(model: M, bytes: Vec<u8>, path: &Path) -> Result<M, TrainError> {
    // An update still held back would overwrite what is loaded.
    let _ = model.valid();
    let corrupt = |found: String| TrainError::Corrupt {
        path: path.to_owned(),
        expected: "the parameters of this model".to_owned(),
        found,
        help: "use the recipe that the checkpoint was trained with".to_owned(),
    };
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(|error| corrupt(error.to_string()))?;
    model.try_load_record(record).map_err(|error| corrupt(error.to_string()))
}

fn invalid(problem: String) -> TrainError {
    TrainError::Invalid {
        what: "model".to_owned(),
        problem: format!("cannot be recorded: {problem}"),
        help: "give every parameter a path of its own".to_owned(),
    }
}
