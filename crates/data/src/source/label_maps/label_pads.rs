//! How far augmentation shifts label maps.

use serde::{Deserialize, Serialize};

/// Which sides are padded by how much before a random crop of the original size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelPads {
    /// No shift.
    None,
    /// 7 % of each side, rounded down: 2 rows and 4 columns at 32 x 64.
    #[default]
    Intended,
    /// What the published runs did: the two numbers swapped, 4 rows and 2 columns at 32 x 64.
    ///
    /// Their code gives (rows, columns) to a transform that takes (left and right, top and bottom).
    Published,
}

impl LabelPads {
    /// The largest shift in rows and in columns of a map of `height` x `width`.
    pub fn rows_and_columns(self, height: usize, width: usize) -> (usize, usize) {
        let (rows, columns) = (height * 7 / 100, width * 7 / 100);
        match self {
            Self::None => (0, 0),
            Self::Intended => (rows, columns),
            Self::Published => (columns, rows),
        }
    }
}
