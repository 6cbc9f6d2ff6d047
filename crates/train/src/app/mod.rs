//! What the command line of every app has: the arguments of its verbs, and its `main`.
//!
//! What does *not* live here: any verb, recipe or model.

mod launch;
mod run_args;
mod train_args;

pub use launch::*;
pub use run_args::*;
pub use train_args::*;
