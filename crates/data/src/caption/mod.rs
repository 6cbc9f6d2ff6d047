//! The caption set: images, captions, and which match which.

mod caption_item;
mod caption_set;
mod class_set;
mod image_item;
mod image_store;
mod matches;
mod skipped;

pub use caption_item::*;
pub use caption_set::*;
pub use class_set::*;
pub use image_item::*;
pub use image_store::*;
pub use matches::*;
pub use skipped::*;
