//! Positions whose class is given.

use burn::tensor::{Bool, Int, Tensor};

/// What an infilling starts from: classes at some positions, which every state of the chain holds fast.
///
/// With masks this draws the rest from the model's conditional distribution. Under other noise it is an approximation:
/// the network takes the given classes for noisy ones.
#[derive(Debug, Clone)]
pub struct Known {
    /// Classes, `[B, L]`; anything where nothing is known.
    pub ids: Tensor<2, Int>,
    /// Where they are known, `[B, L]`.
    pub mask: Tensor<2, Bool>,
}

impl Known {
    /// `x` with the known classes in place.
    pub fn hold(&self, x: Tensor<2, Int>) -> Tensor<2, Int> {
        x.mask_where(self.mask.clone(), self.ids.clone())
    }
}
