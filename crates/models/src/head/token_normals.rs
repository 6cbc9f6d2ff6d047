//! A normal distribution for every token of a sequence.

use burn::tensor::Tensor;
use halation_core::dist::{DiagNormal, LogStd};

/// Means and log standard deviations of `B` sequences of `T` tokens.
///
/// The unit types of the scale hold `[N, D]`: the log standard deviations become a [`LogStd`] where tokens are taken out.
#[derive(Clone, Debug)]
pub struct TokenNormals {
    /// Means, `[B, T, D]`.
    pub means: Tensor<3>,
    /// Natural logarithms of the standard deviations, `[B, T, D]`.
    pub log_stds: Tensor<3>,
}

impl TokenNormals {
    /// The distribution of one token of each sequence, `[B, D]`; token 0 is the class token.
    ///
    /// # Panics
    /// If there is no such token.
    pub fn token(&self, index: usize) -> DiagNormal {
        let [_, count, _] = self.means.dims();
        assert!(index < count, "token {index} of {count}");
        let take = |tokens: &Tensor<3>| tokens.clone().narrow(1, index, 1).squeeze_dim::<2>(1);
        DiagNormal::new(take(&self.means), LogStd(take(&self.log_stds)))
    }
}
