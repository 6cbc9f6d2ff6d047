//! One object of a scene.

use super::{Colour, Column, Mention, Row, Shape, Size};

/// An object with all its attributes; its row and column together are its cell, which no other object shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SceneObject {
    /// Upper or lower half.
    pub row: Row,
    /// Left or right half.
    pub column: Column,
    /// What it is.
    pub shape: Shape,
    /// Its colour.
    pub colour: Colour,
    /// How large it is.
    pub size: Size,
}

impl SceneObject {
    /// The mention that leaves nothing out.
    pub fn full_mention(&self) -> Mention {
        Mention {
            shape: Some(self.shape),
            colour: Some(self.colour),
            size: Some(self.size),
            row: Some(self.row),
            column: Some(self.column),
        }
    }
}
