//! Either context of `q(v | x)`.

use burn::module::Module;
use burn::tensor::{Int, Tensor};

use super::{PositionContext, RecurrentContext};

/// What `q(v | x)` knows of `x` at each position.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // a model holds one, and modules are not boxed
pub enum ContextEncoder {
    /// The whole sequence.
    Recurrent(RecurrentContext),
    /// The position's own class.
    Position(PositionContext),
}

impl ContextEncoder {
    /// The context of each position.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`
    /// * output: `[B, L, C]`
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        match self {
            Self::Recurrent(context) => context.forward(ids),
            Self::Position(context) => context.forward(ids),
        }
    }
}
