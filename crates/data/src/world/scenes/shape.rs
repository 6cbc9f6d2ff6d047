//! The shapes of objects.

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// A filled disc.
    Circle,
    /// A square that stands on a side.
    Square,
    /// A triangle that points up.
    Triangle,
    /// A disc with a round hole.
    Ring,
    /// An upright cross with arms of equal length.
    Cross,
    /// A square that stands on a corner.
    Diamond,
}

impl Shape {
    /// Every value, in the order of the declaration.
    pub const ALL: [Self; 6] = [Self::Circle, Self::Square, Self::Triangle, Self::Ring, Self::Cross, Self::Diamond];

    /// The noun that captions use.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Circle => "circle",
            Self::Square => "square",
            Self::Triangle => "triangle",
            Self::Ring => "ring",
            Self::Cross => "cross",
            Self::Diamond => "diamond",
        }
    }
}
