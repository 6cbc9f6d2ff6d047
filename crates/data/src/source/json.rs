//! Reading a JSON file into a type, with the file, line and column in every error.

use crate::DataError;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Parses `path`; `expected` says what the file should have been.
pub(super) fn read_json<T: DeserializeOwned>(path: &Path, expected: &str) -> Result<T, DataError> {
    let file = File::open(path).map_err(DataError::io(path))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| match error.io_error_kind() {
        Some(kind) => DataError::Io { path: path.to_path_buf(), source: kind.into() },
        None => {
            DataError::Format { path: path.to_path_buf(), problem: error.to_string(), expected: expected.to_owned() }
        }
    })
}
