//! Readers of published layouts: Karpathy JSON, COCO, CUB, a folder with a CSV, tar and Parquet shards, the emoji set.

mod archive;
mod coco_captions;
mod coco_instances;
mod corpus;
mod csv_folder;
mod cub;
mod cub_options;
mod emoji;
mod emoji_annotations;
mod emoji_sequence;
mod hash_split;
mod image_files;
mod json;
mod karpathy;
mod missing;
mod set_builder;
mod shards;

pub use coco_captions::*;
pub use coco_instances::*;
pub use corpus::*;
pub use csv_folder::*;
pub use cub::*;
pub use cub_options::*;
pub use emoji::*;
pub use hash_split::*;
pub use karpathy::*;
pub use shards::*;
