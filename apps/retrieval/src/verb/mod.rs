//! The verbs, one file each.

pub mod compare;
pub mod embed;
pub mod eval;
pub mod export;
pub mod quickstart;
pub mod search;
pub mod train;
pub mod zero_shot;
