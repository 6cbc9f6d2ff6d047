//! Text files, compressed or not.

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::DataError;

const BUFFER: usize = 1 << 16;

/// The text of `path`; bzip2 and gzip are known by their first bytes, not by the file's name.
pub(super) fn open_text(path: &Path) -> Result<Box<dyn BufRead>, DataError> {
    if path.is_dir() {
        let source = io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a file");
        return Err(DataError::Io { path: path.to_path_buf(), source });
    }
    let mut head = Vec::new();
    let mut file = File::open(path).map_err(DataError::io(path))?;
    file.by_ref().take(10).read_to_end(&mut head).map_err(DataError::io(path))?;
    let whole = BufReader::with_capacity(BUFFER, io::Cursor::new(head.clone()).chain(file));
    Ok(if is_bzip2(&head) {
        Box::new(BufReader::with_capacity(BUFFER, MultiBzDecoder::new(whole)))
    } else if head.starts_with(&[0x1f, 0x8b, 8]) {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(whole)))
    } else {
        Box::new(whole)
    })
}

/// `BZh`, the block size, and the mark of a block or of an empty stream's end.
fn is_bzip2(head: &[u8]) -> bool {
    head.starts_with(b"BZh")
        && matches!(head.get(3), Some(b'1'..=b'9'))
        && matches!(head.get(4..10), Some([0x31, 0x41, 0x59, 0x26, 0x53, 0x59] | [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]))
}

/// An error while the text of `path` was read: of the system, or of the compression.
pub(super) fn text_error(path: &Path, error: io::Error) -> DataError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => DataError::Format {
            path: path.to_path_buf(),
            problem: error.to_string(),
            expected: "a whole file, plain or compressed with bzip2 or gzip".into(),
        },
        _ => DataError::Io { path: path.to_path_buf(), source: error },
    }
}

/// SHA-256 of the file as it lies there, in hexadecimal.
pub(super) fn file_sha256(path: &Path) -> Result<String, DataError> {
    let mut file = File::open(path).map_err(DataError::io(path))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    loop {
        match file.read(&mut buffer).map_err(DataError::io(path))? {
            0 => break,
            length => digest.update(&buffer[..length]),
        }
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
