//! The rows of the two-by-two grid.

/// Whether an object is in the upper or the lower half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Row {
    /// The upper half.
    Top,
    /// The lower half.
    Bottom,
}

impl Row {
    /// Every value, in the order of the declaration.
    pub const ALL: [Self; 2] = [Self::Top, Self::Bottom];

    /// The word that captions use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Bottom => "bottom",
        }
    }
}
