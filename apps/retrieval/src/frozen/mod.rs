//! Features of towers that do not train: where they come from, and where they are kept.

mod cache;
mod embedding_files;
mod feature_file;
mod frozen_towers;

pub use cache::{SplitFeatures, attach};
pub use embedding_files::EmbeddingFiles;
pub use feature_file::FeatureFile;
pub use frozen_towers::FrozenTowers;
