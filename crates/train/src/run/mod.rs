//! The run directory: `recipe.toml`, `run.json` (the manifest), `metrics.jsonl`, `timing.jsonl`, `checkpoints/`, `evaluation.json`, `report.html`.
//!
//! Rules that make a run survive `kill -9` at any moment:
//! * every file but the two streams is written aside, flushed to disk and renamed;
//! * `run.json` is written last, and resume trusts nothing that it does not name;
//! * `metrics.jsonl` is cut back to the length that the manifest states, so a resumed file ends bit-equal;
//! * an old checkpoint is removed only after a manifest that no longer names it is on disk;
//! * one process at a time holds the lock, which the operating system drops when the process dies.
//!
//! Everything but `timing.jsonl` (wall-clock time) is a function of recipe, seed and data.

pub(crate) mod atomic;
mod best_entry;
mod checkpoint_entry;
mod git;
mod goal;
mod hash;
mod lock;
mod manifest;
mod position;
#[expect(clippy::module_inception, reason = "one public type per file, named after it")]
mod run;
mod run_reader;
mod run_spec;
mod which;

pub use best_entry::*;
pub use checkpoint_entry::*;
pub use git::*;
pub use goal::*;
pub use hash::*;
pub use manifest::*;
pub use position::*;
pub use run::*;
pub use run_reader::*;
pub use run_spec::*;
pub use which::*;
