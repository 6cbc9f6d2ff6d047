//! Where tests find the real data that is not part of this repository.
//!
//! Hidden from the docs: for the tests of this workspace alone.

use std::path::{Path, PathBuf};

/// The path of `relative` inside the shared data folder, or `None` (and a line that says so) where there is none.
///
/// The folder is `$HALATION_DATA`, else `../shared/data` beside the repository.
///
/// # Panics
/// If the data is absent and `HALATION_REQUIRE_DATA=1`.
#[allow(clippy::print_stderr)] // a skipped test must say so
pub fn shared_data(relative: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HALATION_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    let message = format!("{} is not there (set HALATION_DATA to the folder that holds `{relative}`)", path.display());
    assert!(std::env::var("HALATION_REQUIRE_DATA").as_deref() != Ok("1"), "{message}");
    eprintln!("skipped: {message}");
    None
}
