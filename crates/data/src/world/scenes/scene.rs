//! A scene: the objects of one image.

use super::SceneObject;

/// One to four objects, each in a cell of its own, in reading order of the cells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scene {
    /// The objects: top left, top right, bottom left, bottom right, as far as there are any.
    pub objects: Vec<SceneObject>,
}

impl Scene {
    /// Most objects a scene can have: the cells of the grid.
    pub const MAX_OBJECTS: usize = 4;
}
