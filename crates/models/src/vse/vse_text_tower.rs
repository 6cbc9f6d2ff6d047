//! A caption becomes a point: word vectors, a GRU of two directions, generalised pooling over words.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::encoder::{BiGru, PackedWords, WordTable, Words};
use crate::head::{GpoPooling, l2_normalize};

/// The text side of [`Vse`](super::Vse).
#[derive(Module, Debug)]
pub struct VseTextTower {
    /// Word vectors.
    pub words: WordTable,
    /// Reads them in both directions, `D` numbers of state each; the mean of both is the word in its context.
    pub gru: BiGru,
    /// Pooling over words.
    pub pooling: GpoPooling,
}

impl VseTextTower {
    /// Embeds captions as unit-length points.
    ///
    /// # Shapes
    /// * output: `[B, D]`
    pub fn forward(&self, words: &Words) -> Tensor<2> {
        let lengths = words.lengths();
        let packed = PackedWords::new(self.words.forward(words), lengths).expect("`Words` checks its lengths");
        let [forward, backward] = self.gru.outputs(&packed); // [B, L, D]
        let pooled = self.pooling.forward((forward + backward) / 2.0, lengths);
        l2_normalize(pooled.expect("`Words` checks its lengths"))
    }
}
