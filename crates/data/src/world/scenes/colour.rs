//! The colours of objects.

/// What colour an object has; far enough apart to survive noise and brightness jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// Red.
    Red,
    /// Yellow.
    Yellow,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Purple.
    Purple,
    /// White.
    White,
}

impl Colour {
    /// Every value, in the order of the declaration.
    pub const ALL: [Self; 6] = [Self::Red, Self::Yellow, Self::Green, Self::Blue, Self::Purple, Self::White];

    /// The adjective that captions use.
    pub fn adjective(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Purple => "purple",
            Self::White => "white",
        }
    }

    /// Red, green and blue before jitter, sRGB.
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Self::Red => [222, 48, 44],
            Self::Yellow => [238, 200, 40],
            Self::Green => [52, 176, 72],
            Self::Blue => [52, 104, 232],
            Self::Purple => [170, 70, 200],
            Self::White => [236, 236, 236],
        }
    }
}
