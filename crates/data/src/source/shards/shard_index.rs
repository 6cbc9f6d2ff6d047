//! What one pass over a shard finds.

use crate::caption::{ImageSource, Skipped};

/// One usable sample; the image is only pointed at.
#[derive(Debug)]
pub(super) struct Sample {
    pub id: String,
    pub image: ImageSource,
    pub captions: Vec<String>,
}

/// The samples of one shard, in its order, and what could not be used.
#[derive(Debug, Default)]
pub(super) struct ShardIndex {
    pub samples: Vec<Sample>,
    pub skipped: Vec<Skipped>,
}

impl ShardIndex {
    /// Reports something that cannot be used.
    pub fn skip(&mut self, item: impl Into<String>, reason: impl Into<String>) {
        self.skipped.push(Skipped { item: item.into(), reason: reason.into() });
    }
}

/// The captions in a JSON value: a string, or a list of strings.
pub(super) fn captions_of(value: &serde_json::Value) -> Option<Vec<String>> {
    match value {
        serde_json::Value::String(text) => Some(vec![text.clone()]),
        serde_json::Value::Array(list) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}
