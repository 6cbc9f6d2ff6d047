//! A stack of blocks.

use burn::module::Module;
use burn::tensor::Tensor;

use super::ClipBlock;

/// The blocks of a CLIP tower, made by [`TransformerConfig`](super::TransformerConfig).
#[derive(Module, Debug)]
pub struct Transformer {
    /// The blocks, first to last.
    pub resblocks: Vec<ClipBlock>,
}

impl Transformer {
    /// Applies all blocks.
    ///
    /// # Shapes
    /// * `x`, output: `[B, T, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.resblocks.iter().fold(x, |x, block| block.forward(x))
    }

    /// Cuts the last `count` blocks off: `(the others, the last)`.
    ///
    /// # Panics
    /// If there are fewer than `count` blocks.
    pub fn split_last(mut self, count: usize) -> (Self, Self) {
        let blocks = self.resblocks.len();
        assert!(count <= blocks, "cannot cut {count} blocks off a transformer of {blocks}");
        let last = self.resblocks.split_off(blocks - count);
        (self, Self { resblocks: last })
    }
}
