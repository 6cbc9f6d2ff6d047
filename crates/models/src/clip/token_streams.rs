//! The two sequences of a branched tower.

use burn::tensor::{Bool, Tensor, TensorData};

/// Tokens for the mean and tokens for the uncertainty of each item, ready for a pooling head.
#[derive(Clone, Debug)]
pub struct TokenStreams {
    /// Tokens of the mean branch, `[B, T, d]`.
    pub mean: Tensor<3>,
    /// Tokens of the sigma branch, `[B, T, d]`.
    pub sigma: Tensor<3>,
    /// Tokens of each item, `1..=T`; what lies past them is meaningless.
    pub lengths: Vec<usize>,
}

impl TokenStreams {
    /// Where there is no token, `[B, T]`; `None` if all items fill their rows.
    pub fn padding(&self) -> Option<Tensor<2, Bool>> {
        let count = self.mean.dims()[1];
        if self.lengths.iter().all(|&length| length == count) {
            return None;
        }
        let flags: Vec<bool> =
            self.lengths.iter().flat_map(|&length| (0..count).map(move |position| position >= length)).collect();
        let device = self.mean.device().without_autodiff();
        Some(Tensor::from_data(TensorData::new(flags, [self.lengths.len(), count]), &device))
    }
}
