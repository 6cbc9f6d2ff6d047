//! Reading a file that the manifest vouches for.

use std::path::Path;

use crate::TrainError;
use crate::run::sha256_bytes;

/// Reads `path` and compares it with the hash that the manifest states.
pub(crate) fn read_verified(path: &Path, sha256: Option<&String>) -> Result<Vec<u8>, TrainError> {
    let corrupt = |expected: String, found: String| {
        let dir = path.parent().unwrap_or(path);
        TrainError::Corrupt {
            path: path.to_owned(),
            expected,
            found,
            help: format!("remove {} to resume from the checkpoint before it", dir.display()),
        }
    };
    let Some(sha256) = sha256 else {
        return Err(corrupt("a file that the manifest names".to_owned(), "no entry in the manifest".to_owned()));
    };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(corrupt("the checkpoint file that the manifest names".to_owned(), "no such file".to_owned()));
        }
        Err(source) => return Err(TrainError::Io { path: path.to_owned(), doing: "read the checkpoint", source }),
    };
    let found = sha256_bytes(&bytes);
    if found != *sha256 {
        let size = bytes.len();
        return Err(corrupt(format!("SHA-256 {sha256}"), format!("SHA-256 {found} ({size} bytes): torn or edited")));
    }
    Ok(bytes)
}
