//! One category of a label map.

use serde::{Deserialize, Serialize};

/// A category, and the ids in files that stand for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Its name, in messages and legends.
    pub name: String,
    /// The ids that mean it, 0 to 255; -1 is the same as 255, as which 8 bits hold it.
    pub ids: Vec<i32>,
    /// The colour it is drawn in; one of [`Palette::distinct`](crate::image::Palette::distinct) if not given.
    #[serde(default)]
    pub colour: Option<[u8; 3]>,
}
