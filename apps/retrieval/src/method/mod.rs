//! The methods: what a batch of embeddings is trained by, and how two embeddings are compared afterwards.
//!
//! A method is one file here (the keys of its `[loss]` table and its criterion), one line in [`table`], and a recipe.

mod adapter;
mod embedded_batch;
mod info_nce;
mod map;
mod method_options;
mod pcme;
mod pcmepp;
mod prolip;
mod pvse;
mod table;
mod terms;
mod vse;

pub use embedded_batch::{Adapted, EmbeddedBatch};
pub use info_nce::InfoNce;
pub use method_options::{MethodCriterion, MethodOptions};
pub use pcmepp::PcmePp;
pub use table::{Criterion, Loss};
pub use terms::Terms;
