//! One writer per run directory.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::TrainError;

/// The lock file's name.
pub(super) const LOCK: &str = ".lock";

/// How long a taken lock is tried again. A process that this program starts holds a copy of every open file between its fork
/// and its exec, so a lock may outlive the run that held it by that moment.
const PATIENCE: Duration = Duration::from_secs(1);

/// Takes the lock of `dir`, which is held until the file is dropped or the process ends, however it ends.
pub(super) fn lock(dir: &Path) -> Result<File, TrainError> {
    let path = dir.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(TrainError::io(&path, "write to the run directory"))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => return Err(TrainError::Locked { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => {
                return Err(TrainError::Io { path, doing: "lock the run directory", source });
            }
        }
    }
}
