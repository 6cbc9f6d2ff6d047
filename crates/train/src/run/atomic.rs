//! Files that are either the old one or the new one, whatever happens.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::TrainError;

/// Writes `bytes` to `path`: into a scratch file beside it, flushed to disk, renamed, and the rename flushed too.
///
/// A scratch file that a killed process leaves behind ends in [`SCRATCH`] and is swept up by the next resume.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], doing: &'static str) -> Result<(), TrainError> {
    let fail = |source| TrainError::Io { path: path.to_owned(), doing, source };
    let parent = path.parent().expect("a file of a run has a parent");
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(SCRATCH);
    #[cfg(unix)]
    {
        // The default of temporary files, 0600, would keep colleagues from reading the results.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut scratch = builder.tempfile_in(parent).map_err(fail)?;
    scratch.write_all(bytes).map_err(fail)?;
    scratch.as_file().sync_all().map_err(fail)?;
    scratch.persist(path).map_err(|error| fail(error.error))?;
    sync_directory(parent).map_err(fail)
}

/// How scratch files end.
pub(crate) const SCRATCH: &str = ".tmp";

/// Makes creations, renames and removals in `dir` durable.
pub(crate) fn sync_directory(dir: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    File::open(dir)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = dir;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_no_scratch_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.json");
        write_atomically(&path, b"one", "write").unwrap();
        write_atomically(&path, b"two", "write").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_scratch_file() {
        let dir = tempfile::tempdir().unwrap();
        // A directory in the file's place makes the rename fail, after the bytes were written.
        let path = dir.path().join("run.json");
        std::fs::create_dir(&path).unwrap();
        let error = write_atomically(&path, b"two", "write the manifest").unwrap_err();
        assert!(error.to_string().contains("cannot write the manifest"), "{error}");
        assert!(path.is_dir());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
