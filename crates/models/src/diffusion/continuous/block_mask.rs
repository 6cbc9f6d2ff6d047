//! Who sees whom in a diffusion by blocks.

use burn::tensor::{Device, Tensor, TensorData};

/// The attention of one pass over `[x_t, x_0]`, `2 L` positions, in blocks of `L'` (BD3-LM, Arriola et al., 2025).
///
/// * A noisy position sees the noisy ones of its own block,
/// * and the clean ones of strictly earlier blocks;
/// * a clean position sees the clean ones of its own and of earlier blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockMask {
    /// Positions `L` of a sequence.
    pub length: usize,
    /// Positions `L'` of a block.
    pub block: usize,
}

impl BlockMask {
    /// Whether position `query` of `0..2 L` sees position `key`.
    pub fn sees(&self, query: usize, key: usize) -> bool {
        let block = |position: usize| position % self.length / self.block;
        let clean = |position: usize| position >= self.length;
        match (clean(query), clean(key)) {
            (false, false) => block(query) == block(key),
            (false, true) => block(key) < block(query),
            (true, true) => block(key) <= block(query),
            (true, false) => false,
        }
    }

    /// What is added to the attention scores: 0 where a query (row) sees a key (column), else minus infinity, `[2 L, 2 L]`. No row is
    /// all infinite.
    pub fn bias(&self, device: &Device) -> Tensor<2> {
        let size = 2 * self.length;
        let value = |query, key| if self.sees(query, key) { 0.0 } else { f32::NEG_INFINITY };
        let values: Vec<f32> = (0..size).flat_map(|query| (0..size).map(move |key| value(query, key))).collect();
        Tensor::from_data(TensorData::new(values, [size, size]), device)
    }
}
