//! Experiment files: TOML into the app's own struct, `--set` overrides, and the bands a result must fall into.
//!
//! What does *not* live here: any app's recipe type.

mod band;
mod expect;
mod load;
mod overrides;
mod verdict;

pub use band::*;
pub use expect::*;
pub use load::*;
pub use verdict::*;
