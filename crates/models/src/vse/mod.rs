//! VSE-infinity (Chen et al., CVPR 2021): the best pooling is learnt. Two towers that embed into one space, each item as a point that
//! generalised pooling makes of its parts.

mod model;
mod vse_config;
mod vse_image_tower;
mod vse_text_tower;

pub use model::*;
pub use vse_config::*;
pub use vse_image_tower::*;
pub use vse_text_tower::*;
