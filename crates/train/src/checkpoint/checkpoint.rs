//! The files of one checkpoint.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::read_verified;
use crate::TrainError;
use crate::run::atomic::write_atomically;
use crate::run::sha256_bytes;

/// The file of the parameters.
pub(crate) const MODEL: &str = "model.bpk";
/// The file of the optimiser's state.
pub(crate) const OPTIMIZER: &str = "optim.bpk";
/// The file of the averaged parameters, where the run averages.
pub(crate) const AVERAGE: &str = "average.bpk";
/// The file of everything else.
pub(crate) const STATE: &str = "state.json";

/// Everything that training continues from, in memory.
pub(crate) struct Checkpoint {
    pub(crate) model: Vec<u8>,
    pub(crate) optimizer: Vec<u8>,
    pub(crate) average: Option<Vec<u8>>,
    pub(crate) state: Value,
}

impl Checkpoint {
    /// Writes the files into `dir` and returns their hashes.
    pub(crate) fn write(&self, dir: &Path) -> Result<BTreeMap<String, String>, TrainError> {
        let state = serde_json::to_vec(&self.state).expect("a JSON value is plain data");
        let mut files = BTreeMap::new();
        let average = self.average.as_ref().map(|average| (AVERAGE, average));
        for (name, bytes) in
            [(MODEL, &self.model), (OPTIMIZER, &self.optimizer), (STATE, &state)].into_iter().chain(average)
        {
            write_atomically(&dir.join(name), bytes, "write the checkpoint")?;
            files.insert(name.to_owned(), sha256_bytes(bytes));
        }
        Ok(files)
    }

    /// Reads the files from `dir`, each against its hash.
    pub(crate) fn read(dir: &Path, files: &BTreeMap<String, String>) -> Result<Self, TrainError> {
        let read = |name: &str| read_verified(&dir.join(name), files.get(name));
        let state = read(STATE)?;
        let state = serde_json::from_slice(&state).map_err(|error| TrainError::Corrupt {
            path: dir.join(STATE),
            expected: "JSON".to_owned(),
            found: error.to_string(),
            help: "train into another directory".to_owned(),
        })?;
        let average = files.contains_key(AVERAGE).then(|| read(AVERAGE)).transpose()?;
        Ok(Self { model: read(MODEL)?, optimizer: read(OPTIMIZER)?, average, state })
    }
}
