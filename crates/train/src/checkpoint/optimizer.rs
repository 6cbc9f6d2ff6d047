//! The state of a Burn optimiser to bytes and back.

use std::path::Path;

use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::tensor::Bytes;

use super::canonical::canonical_optimizer;
use crate::TrainError;

/// The state of `optimizer` (moments, step counts), in burnpack: equal bytes for equal values.
///
/// # Errors
/// [`TrainError::Invalid`] when the state cannot be recorded.
pub fn optimizer_to_bytes(optimizer: &ModuleOptimizer) -> Result<Vec<u8>, TrainError> {
    let invalid = |problem: String| TrainError::Invalid {
        what: "optimiser".to_owned(),
        problem: format!("its state cannot be recorded: {problem}"),
        help: "use one of Burn's optimisers".to_owned(),
    };
    let packed = optimizer.into_bytes().map_err(|error| invalid(error.to_string()))?;
    canonical_optimizer(packed).map_err(|error| invalid(error.to_string()))
}

/// Loads what [`optimizer_to_bytes`] wrote into a fresh optimiser of the same kind, bit for bit.
///
/// Burn builds the state on `Device::default()` and moves it to the parameters' device at the next step; see
/// [`select_device`](crate::device::select_device).
///
/// # Errors
/// [`TrainError::Corrupt`] when the bytes are not a record, or hold a state that this optimiser does not know (Burn would
/// silently start such a state afresh).
pub fn optimizer_from_bytes(
    optimizer: ModuleOptimizer,
    bytes: Vec<u8>,
    path: &Path,
) -> Result<ModuleOptimizer, TrainError> {
    let corrupt = |found: String| TrainError::Corrupt {
        path: path.to_owned(),
        expected: "the state of this optimiser".to_owned(),
        found,
        help: "use the recipe that the checkpoint was trained with".to_owned(),
    };
    let packed = Bytes::from_bytes_vec(bytes);
    let record = OptimizerRecord::from_bytes(packed).map_err(|error| corrupt(error.to_string()))?;
    let saved = record.len();
    let optimizer = optimizer.load_record(record);
    let loaded = optimizer.to_record().len();
    if loaded != saved {
        return Err(corrupt(format!("{saved} state tensors, of which it understands {loaded}")));
    }
    Ok(optimizer)
}
