//! Which symbols change at a step.

use burn::config::Config;

/// Which symbols change at a step of [`Dndm`](super::Dndm).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum RevealOrder {
    /// Those whose own time it is.
    Drawn,
    /// As many, but those with the most probable draws first.
    MostProbable,
}
