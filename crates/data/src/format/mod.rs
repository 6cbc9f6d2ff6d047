//! Files that tools exchange: embeddings, score matrices, ranked lists, id lists, and the ground truth they are scored by.

mod atomic;
mod caption_ground_truth;
mod element;
mod embedding_file;
#[cfg(feature = "parquet")]
mod embedding_parquet;
mod embedding_safetensors;
mod id_lists;
mod ids;
pub(crate) mod mapped;
mod matrix_rows;
mod npy;
mod ranked_lists;
mod score_matrix;

pub use atomic::*;
pub use caption_ground_truth::*;
pub use embedding_file::*;
pub use id_lists::*;
pub use ids::*;
pub use matrix_rows::*;
pub use ranked_lists::*;
pub use score_matrix::*;
