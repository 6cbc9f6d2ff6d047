//! How samples are read from shards, and how large they may be.

use serde::{Deserialize, Serialize};

/// Where image and caption are in a shard, and limits that hold before anything is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShardOptions {
    /// Parquet: the column of encoded images; `<name>.bytes` is taken too, as Hugging Face stores images.
    pub image_column: String,
    /// Parquet: the column of captions, a string or a list of strings. Tar: the key of the `.json` member, likewise.
    pub caption_column: String,
    /// Parquet: the column of ids; `<shard>#<row>`, counted from 0, if not given.
    pub id_column: Option<String>,
    /// Tar: whether each line of a `.txt` member is a caption of its own; else the whole text is one.
    pub caption_per_line: bool,
    /// Whether ids start with the shard's name, for shards that each count their samples from zero.
    pub id_with_shard: bool,
    /// Largest encoded image, bytes.
    pub max_image: u64,
    /// Largest text or JSON member, and largest caption, bytes.
    pub max_text: u64,
    /// Most samples read from one shard; what follows is reported.
    pub max_samples: usize,
}

impl Default for ShardOptions {
    /// Columns `image` and `caption`, ids from the key or row; 64 MiB per image, 1 MiB per text, 10 million samples per shard.
    fn default() -> Self {
        Self {
            image_column: "image".into(),
            caption_column: "caption".into(),
            id_column: None,
            caption_per_line: false,
            id_with_shard: false,
            max_image: 64 << 20,
            max_text: 1 << 20,
            max_samples: 10_000_000,
        }
    }
}
