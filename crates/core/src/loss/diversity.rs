//! The diversity loss of PVSE.

use burn::{
    nn::loss::Reduction,
    tensor::{Bool, Tensor},
};

use super::{safe_sqrt, unit};

/// Keeps the embeddings of one item apart, `||R R^T - I||_F / K^2` over its `K` unit vectors `R` (Song and Soleymani, CVPR 2019).
///
/// PVSE applies it to the attention residuals of both modalities, before they are added to the global feature, with a weight of 0.1.
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), [`BatchMean`](Reduction::BatchMean) and [`Auto`](Reduction::Auto): over the items, as PVSE's code;
/// * [`Sum`](Reduction::Sum).
///
/// # Edge cases
/// One embedding per item, orthogonal embeddings and zero vectors give zero with zero gradient; an empty batch gives zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiversityLoss;

impl DiversityLoss {
    /// The loss of a batch, reduced. Vectors are normalised here.
    ///
    /// # Shapes
    /// * `residuals`: `[N, K, D]`
    /// * returns: `[1]`
    pub fn forward(&self, residuals: Tensor<3>, reduction: Reduction) -> Tensor<1> {
        let [items, _, _] = residuals.dims();
        if items == 0 {
            return super::zero_of(residuals);
        }
        let losses = self.forward_no_reduction(residuals);
        match reduction {
            Reduction::Sum => losses.sum(),
            Reduction::Mean | Reduction::BatchMean | Reduction::Auto => losses.mean(),
        }
    }

    /// The loss of every item.
    ///
    /// # Shapes
    /// * `residuals`: `[N, K, D]`, not empty
    /// * returns: `[N]`
    pub fn forward_no_reduction(&self, residuals: Tensor<3>) -> Tensor<1> {
        let [items, count, _] = residuals.dims();
        let vectors = unit(residuals);
        let gram = vectors.clone().matmul(vectors.swap_dims(1, 2)); // [N, K, K]
        let itself = Tensor::<2, Bool>::diag_mask([count, count], 0, &gram.device()).bool_not();
        let squares = gram.mask_fill(itself.unsqueeze::<3>().expand([items, count, count]), 0.0).square();
        let norms = safe_sqrt(squares.sum_dim(2).sum_dim(1)); // [N, 1, 1]
        norms.reshape([items]) / (count * count) as f64
    }
}
