//! What every app's training needs once: device choice, recipes, the run directory, resume, progress and the report.
//!
//! * [`app`]: the arguments that the apps share, and their `main`.
//! * [`device`]: the one place that chooses a device.
//! * [`recipe`]: TOML experiment files, `--set` overrides, expected bands.
//! * [`run`]: the run directory, its lock and its manifest, the only thing resume trusts.
//! * [`checkpoint`]: model, optimiser and state on disk, byte for byte the same for the same training.
//! * [`metrics`]: the metric stream, `metrics.jsonl`.
//! * [`random`]: seeds and noise as functions of (seed, stream, epoch, step).
//! * [`optim`]: learning-rate schedules, optimiser recipes, parameter groups, clipping by the global norm.
//! * [`average`]: averages of the weights (EMA, SWA), and clones that share nothing.
//! * [`precision`]: islands of f32.
//! * [`trainer`]: the loop over steps.
//! * [`progress`]: a terminal view, plain lines, or nothing.
//! * [`report`]: one self-contained HTML page.
//! * [`user_error`]: whose mistake an error is, and the exit code that says so.
//!
//! What does *not* live here: any model, loss or dataset.

pub mod app;
pub mod average;
pub mod checkpoint;
pub mod device;
mod error;
pub mod metrics;
pub mod optim;
pub mod precision;
pub mod progress;
pub mod random;
pub mod recipe;
pub mod report;
pub mod run;
pub mod trainer;
pub mod user_error;

pub use error::{TaskError, TrainError};
pub use halation_kernels::keep_freed_memory;
