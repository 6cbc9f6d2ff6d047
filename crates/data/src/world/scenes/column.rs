//! The columns of the two-by-two grid.

/// Whether an object is in the left or the right half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The left half.
    Left,
    /// The right half.
    Right,
}

impl Column {
    /// Every value, in the order of the declaration.
    pub const ALL: [Self; 2] = [Self::Left, Self::Right];

    /// The word that captions use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}
