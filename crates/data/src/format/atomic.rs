//! Writing a file so that readers see the old one or the whole new one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use crate::DataError;

/// Writes `path` through a temporary file in the same folder, which is flushed to disk and then renamed.
///
/// If `write` fails or the process dies, what was at `path` stays as it was.
///
/// # Errors
/// [`DataError::Io`] at `path`, or what `write` returns.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // Temporary files are private by default; the result is an ordinary file, subject to the umask.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let temporary = builder.prefix(".writing-").tempfile_in(folder).map_err(DataError::io(path))?;
    let mut writer = BufWriter::new(temporary.as_file().try_clone().map_err(DataError::io(path))?);
    write(&mut writer)?;
    writer.flush().map_err(DataError::io(path))?;
    temporary.as_file().sync_all().map_err(DataError::io(path))?;
    temporary.persist(path).map_err(|error| DataError::Io { path: path.to_path_buf(), source: error.error })?;
    Ok(())
}
