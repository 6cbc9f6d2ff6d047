//! Mapping a file into memory.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::DataError;

/// Maps `path` read-only; an empty file is an error that says what was expected.
pub(crate) fn map(path: &Path, expected: &str) -> Result<Mmap, DataError> {
    let file = File::open(path).map_err(DataError::io(path))?;
    let metadata = file.metadata().map_err(DataError::io(path))?;
    if metadata.is_dir() {
        return Err(format_error(path, "it is a folder", expected));
    }
    if metadata.len() == 0 {
        return Err(format_error(path, "the file is empty", expected));
    }
    // SAFETY: the map is only read, as bytes of which every value is valid. As with every map, shortening the file meanwhile
    // ends the process; the alternative, reading gigabytes into memory, is what the map is there to avoid.
    unsafe { Mmap::map(&file) }.map_err(DataError::io(path))
}

/// A [`DataError::Format`].
pub(super) fn format_error(path: &Path, problem: impl ToString, expected: impl ToString) -> DataError {
    DataError::Format { path: path.to_path_buf(), problem: problem.to_string(), expected: expected.to_string() }
}
