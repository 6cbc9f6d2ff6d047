//! SHA-256 of bytes and files, in lower-case hexadecimal.

use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::TrainError;

/// The SHA-256 of `bytes`.
pub fn sha256_bytes(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

/// The SHA-256 of a file's content, read in pieces.
///
/// # Errors
/// [`TrainError::Io`] when the file cannot be read.
pub fn sha256_file(path: &Path) -> Result<String, TrainError> {
    let fail = |source| TrainError::Io { path: path.to_owned(), doing: "read it for its hash", source };
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path).map_err(fail)?, &mut hash).map_err(fail)?;
    Ok(to_hex(&hash.finalize()))
}

fn to_hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one_for_abc() {
        // FIPS 180-4, example B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_bytes(b"abc"), expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"abc").unwrap();
        assert_eq!(sha256_file(file.path()).unwrap(), expected);
    }
}
