//! The error type of this crate.

use std::io::ErrorKind;
use std::path::PathBuf;

/// What an app's own code may return from a [`Task`](crate::trainer::Task).
pub type TaskError = Box<dyn std::error::Error + Send + Sync>;

/// What can go wrong around training: what, where, what was expected, and the way out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A file or folder could not be read or written.
    #[error("{}: cannot {doing}: {source}{}", path.display(), io_help(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done, as a verb phrase ("write the checkpoint").
        doing: &'static str,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A recipe, or an override of one, is wrong.
    #[error("{origin}{}: {problem}; {help}", line.map(|l| format!(":{l}")).unwrap_or_default())]
    Recipe {
        /// The file, or the override as it was typed.
        origin: String,
        /// The line of the file, from 1.
        line: Option<usize>,
        /// What is wrong, with the key.
        problem: String,
        /// The way out.
        help: String,
    },
    /// The requested device cannot be used.
    #[error("device `{request}`: {problem}; {help}")]
    Device {
        /// The device as it was asked for.
        request: String,
        /// Why it cannot be used.
        problem: String,
        /// The way out.
        help: String,
    },
    /// The directory cannot take (or is not) the run that was asked for.
    #[error("{}: {problem}; {help}", dir.display())]
    RunDirectory {
        /// The run directory.
        dir: PathBuf,
        /// What is in the way.
        problem: String,
        /// The way out.
        help: String,
    },
    /// Another process is writing to the run directory.
    #[error("{}: another process is training in this directory; wait for it, stop it, or choose another directory", dir.display())]
    Locked {
        /// The run directory.
        dir: PathBuf,
    },
    /// The run was started with something else than what is being asked to continue it.
    #[error("{}: {what} changed since this run started: expected {expected}, found {found}; {help}", path.display())]
    Changed {
        /// The file that says so.
        path: PathBuf,
        /// What changed: the recipe, the seed, a data set.
        what: String,
        /// What the run was started with.
        expected: String,
        /// What was given now.
        found: String,
        /// The way out.
        help: String,
    },
    /// A file of the run is torn, missing, foreign or edited.
    #[error("{}: expected {expected}, found {found}; {help}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the manifest promises.
        expected: String,
        /// What is there.
        found: String,
        /// The way out.
        help: String,
    },
    /// The loss, a gradient or a metric stopped being a finite number.
    #[error("step {step} (epoch {epoch}): {what} is not finite; {help}")]
    NotFinite {
        /// The step, from 1.
        step: u64,
        /// The epoch, from 1.
        epoch: usize,
        /// Which quantity, with the parameter's path where it is a gradient.
        what: String,
        /// The way out.
        help: String,
    },
    /// The app's own task failed.
    #[error("step {step} (epoch {epoch}): {doing} failed: {source}")]
    Task {
        /// The step that was being computed, from 1.
        step: u64,
        /// The epoch, from 1.
        epoch: usize,
        /// What was being done: the loss, the validation.
        doing: &'static str,
        /// What the task returned.
        source: TaskError,
    },
    /// An argument has a value outside its range.
    #[error("{what}: {problem}; {help}")]
    Invalid {
        /// Which argument.
        what: String,
        /// What is wrong with it.
        problem: String,
        /// The way out.
        help: String,
    },
}

impl TrainError {
    /// An [`Io`](Self::Io) error at `path`, for `map_err`.
    pub fn io(path: impl Into<PathBuf>, doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, doing, source }
    }

    /// Whether what the user gave is at fault (exit code 2) rather than the machine or the training (exit code 1).
    ///
    /// A [`Task`](Self::Task) error is the app's own: downcast its `source` to decide.
    pub fn is_user_error(&self) -> bool {
        match self {
            Self::Recipe { .. }
            | Self::Device { .. }
            | Self::RunDirectory { .. }
            | Self::Locked { .. }
            | Self::Changed { .. }
            | Self::Invalid { .. } => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                ErrorKind::NotFound
                    | ErrorKind::PermissionDenied
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::NotADirectory
                    | ErrorKind::IsADirectory
                    | ErrorKind::AlreadyExists
            ),
            Self::Corrupt { .. } | Self::NotFinite { .. } | Self::Task { .. } => false,
        }
    }
}

/// The way out of the I/O errors that people meet most.
fn io_help(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "; free some space and resume: the last checkpoint is intact"
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            "; choose a directory that you may write to, or change its permissions"
        }
        ErrorKind::NotADirectory => "; a file is where a directory is needed: choose another path",
        _ => "",
    }
}
