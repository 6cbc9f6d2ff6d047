//! Which pairs of a batch are learnt from.

use serde::{Deserialize, Serialize};

/// How pairs are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// `batch / 2` pairs, every other a match: what HIB trains on.
    Drawn,
    /// All pairs of a batch that holds a few images of each of several numbers: many more pairs from as many images.
    #[default]
    All,
}
