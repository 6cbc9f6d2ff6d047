//! Shards: many images with captions in one file, as tar (WebDataset) or Parquet.

#[cfg(feature = "parquet")]
mod guarded;
#[cfg(feature = "parquet")]
mod parquet_images;
#[cfg(feature = "parquet")]
mod parquet_index;
mod paths;
mod read_shards;
mod shard_index;
mod shard_options;
mod tar_index;

pub use paths::*;
pub use read_shards::*;
pub use shard_options::*;
