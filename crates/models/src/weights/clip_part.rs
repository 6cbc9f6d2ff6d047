//! What CLIP weights can be loaded into and saved from: the whole model, or one tower.

use burn::module::Module;

use super::clip_layout::{ClipLayout, ClipTower};
use super::file_tensor::FileTensor;
use crate::clip::{Clip, ClipText, ClipVision};

/// A whole [`Clip`] or one of its towers; a tower takes its part of a whole file, or a file that holds it alone.
pub trait ClipPart: Module + sealed::Part {}

impl ClipPart for Clip {}
impl ClipPart for ClipVision {}
impl ClipPart for ClipText {}

mod sealed {
    use super::ClipTower;

    /// Which part; not for implementation elsewhere.
    pub trait Part {
        /// `None` for the whole model.
        const TOWER: Option<ClipTower>;
    }
}

impl sealed::Part for Clip {
    const TOWER: Option<ClipTower> = None;
}

impl sealed::Part for ClipVision {
    const TOWER: Option<ClipTower> = Some(ClipTower::Image);
}

impl sealed::Part for ClipText {
    const TOWER: Option<ClipTower> = Some(ClipTower::Text);
}

/// Whether a tensor of a file in this layout is for this part.
pub(super) fn wants(tower: Option<ClipTower>, layout: ClipLayout, name: &str) -> bool {
    match (tower, layout.tower(name)) {
        _ if ClipLayout::ignores(name) => false,
        (None, _) => true,
        (Some(wanted), Some(tower)) => wanted == tower,
        // What neither tower owns is the whole model's, or a stranger to report.
        (Some(_), None) => !matches!(name, "logit_scale" | "logit_bias"),
    }
}

/// Where the layout keeps a tensor of this part.
pub(super) fn locate(tower: Option<ClipTower>, layout: ClipLayout, name: &str) -> FileTensor {
    match tower {
        None => layout.locate(name),
        Some(ClipTower::Image) => layout.locate(&format!("visual.{name}")),
        Some(ClipTower::Text) => layout.locate(&format!("text.{name}")),
    }
}
