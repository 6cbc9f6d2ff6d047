//! A module into safetensors, in PyTorch's names and layout.

use std::collections::BTreeMap;
use std::path::Path;

use burn::module::Module;
use burn_store::{BurnToPyTorchAdapter, ModuleStore, SafetensorsStore};

use crate::ModelError;

/// Writes all weights and running statistics of a module to a safetensors file that PyTorch can load by name.
///
/// The file appears under its name only when it is complete; an existing one is replaced. [`load`](super::load) reads
/// it back bit for bit.
///
/// # Errors
/// [`ModelError::Write`].
pub fn save<M: Module>(
    module: &M,
    path: impl AsRef<Path>,
    metadata: &BTreeMap<String, String>,
) -> Result<(), ModelError> {
    let path = path.as_ref();
    let mut store = SafetensorsStore::from_file(path)
        .with_to_adapter(BurnToPyTorchAdapter)
        .skip_enum_variants(true)
        .overwrite(true);
    for (key, value) in metadata {
        store = store.metadata(key, value);
    }
    store.collect_from(module).map_err(|error| ModelError::Write { path: path.to_owned(), reason: error.to_string() })
}
