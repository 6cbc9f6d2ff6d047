//! What a person sees while training runs: Burn's terminal view, plain lines on stderr, or nothing.
//!
//! What does *not* live here: the metric stream, which is written whatever is shown.

mod plain;
#[expect(clippy::module_inception, reason = "one public type per file, named after it")]
mod progress;
mod progress_mode;
mod step_report;
mod tui;

pub(crate) use progress::*;
pub use progress_mode::*;
pub(crate) use step_report::*;
