//! The probabilistic cross-modal model (Chun et al., CVPR 2021): an image tower and a text tower that embed into one
//! space, each item as a diagonal normal, or as a point for the mean-only control.

mod embedding;
mod image_tower;
mod model;
mod pcme_config;
mod text_tower;

pub use embedding::*;
pub use image_tower::*;
pub use model::*;
pub use pcme_config::*;
pub use text_tower::*;
