//! The metric stream of a run, `metrics.jsonl`: one number per line, the source of truth for curves and reports.
//!
//! It holds no time of day and no duration, so that two runs of the same recipe and seed write the same bytes.

mod metric_row;
mod metrics_writer;
mod read;

pub use metric_row::*;
pub(crate) use metrics_writer::*;
pub use read::*;
