//! The verbs, one file each.

pub mod bench;
pub mod eval;
pub mod export;
pub mod filter_text8;
pub mod infill;
pub mod quickstart;
pub mod sample;
pub mod spell;
pub mod train;
