//! Decoding under limits, transforms that match PIL and torchvision, and colours for label maps.

mod cache;
mod chw_image;
mod decode;
mod decode_limits;
mod encoded_bytes;
mod geometry;
mod palette;
mod pipeline;
mod resize;
mod transform;
mod truncation;

pub use cache::*;
pub use chw_image::*;
pub use decode::*;
pub use decode_limits::*;
pub use geometry::*;
pub use palette::*;
pub use pipeline::*;
pub use resize::*;
pub use transform::*;
