//! The error type of this crate.

use std::path::PathBuf;

/// What can be wrong with the data a user brings: what, where, what was expected, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not what its place or name promises.
    #[error("{}: {problem}; expected {expected}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line, key or offset.
        problem: String,
        /// What would have been right.
        expected: String,
    },
    /// Files that belong together are missing.
    #[error("{} is not a {layout}: missing {}; {help}", root.display(), missing.join(", "))]
    Missing {
        /// The folder that was named.
        root: PathBuf,
        /// The layout that was looked for.
        layout: &'static str,
        /// What is missing, relative to the folder.
        missing: Vec<String>,
        /// Where to get it, or what to do instead.
        help: String,
    },
    /// The data is readable but cannot be used.
    #[error("{what}: {problem}; {help}")]
    Invalid {
        /// Which set, item or argument.
        what: String,
        /// What is wrong with it.
        problem: String,
        /// The way out.
        help: String,
    },
}

impl DataError {
    /// An [`Io`](Self::Io) error at `path`, for `map_err`.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
