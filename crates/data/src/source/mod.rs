//! Readers of published layouts: Karpathy JSON, COCO, a folder with a CSV, the emoji set.

mod archive;
mod coco_captions;
mod coco_instances;
mod corpus;
mod csv_folder;
mod emoji;
mod emoji_annotations;
mod emoji_sequence;
mod hash_split;
mod image_files;
mod json;
mod karpathy;
mod set_builder;

pub use coco_captions::*;
pub use coco_instances::*;
pub use corpus::*;
pub use csv_folder::*;
pub use emoji::*;
pub use hash_split::*;
pub use karpathy::*;
