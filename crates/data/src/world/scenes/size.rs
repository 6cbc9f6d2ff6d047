//! The sizes of objects.

/// How large an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// About an eighth of the image's side in radius.
    Small,
    /// About a fifth of the image's side in radius.
    Large,
}

impl Size {
    /// Every value, in the order of the declaration.
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    /// The adjectives that captions use; all mean the same.
    pub fn adjectives(self) -> [&'static str; 2] {
        match self {
            Self::Small => ["small", "little"],
            Self::Large => ["large", "big"],
        }
    }
}
