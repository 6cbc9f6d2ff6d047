//! What a caption says of one object.

use super::{Colour, Column, Row, SceneObject, Shape, Size};

/// A subset of an object's attributes; `None` is an attribute that the caption leaves open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mention {
    /// What it is, if said.
    pub shape: Option<Shape>,
    /// Its colour, if said.
    pub colour: Option<Colour>,
    /// How large it is, if said.
    pub size: Option<Size>,
    /// Upper or lower half, if said.
    pub row: Option<Row>,
    /// Left or right half, if said.
    pub column: Option<Column>,
}

impl Mention {
    /// Whether everything said is true of `object`. The empty mention ("something") is true of every object.
    pub fn is_true_of(&self, object: &SceneObject) -> bool {
        self.shape.is_none_or(|shape| shape == object.shape)
            && self.colour.is_none_or(|colour| colour == object.colour)
            && self.size.is_none_or(|size| size == object.size)
            && self.row.is_none_or(|row| row == object.row)
            && self.column.is_none_or(|column| column == object.column)
    }
}
