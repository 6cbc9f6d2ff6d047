//! What generated label maps look like.

use serde::{Deserialize, Serialize};

/// A family of random label maps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum LabelWorldKind {
    /// Every pixel has the class of the nearest of some sites, whose places and classes are uniform.
    Voronoi {
        /// Number of sites.
        sites: usize,
    },
    /// Rectangles of uniform corners and classes over a background of a uniform class, the later over the earlier.
    Rectangles {
        /// Number of rectangles.
        rectangles: usize,
    },
    /// Every column, from top to bottom, is a chain of its own that stays with some probability; its entropy is known.
    Columns {
        /// Probability that a pixel has the class of the one above it.
        stay: f64,
    },
}

impl Default for LabelWorldKind {
    /// A map of 8 sites.
    fn default() -> Self {
        Self::Voronoi { sites: 8 }
    }
}
