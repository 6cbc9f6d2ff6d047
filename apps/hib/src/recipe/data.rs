//! The `[data]` table.

use halation_data::world::digits::{DigitOcclusion, NDigitConfig};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which numbers are written with which digits.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// Folder of the four idx files of MNIST, or of any set in its layout; `--data` sets it.
    pub dir: Option<PathBuf>,
    /// Digits per image, and how many images there are.
    pub numbers: NDigitConfig,
    /// How training digits are spoiled.
    pub occlusion: DigitOcclusion,
}
