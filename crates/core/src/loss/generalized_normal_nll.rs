//! How unlikely given points are under predicted generalised normal distributions.

use burn::{nn::loss::Reduction, tensor::Tensor};

use crate::dist::GeneralizedNormal;

/// Negative log-likelihood of one target under each predicted [`GeneralizedNormal`], in nats (ProbVLM, with the constant
/// `ln 2` of the density).
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), and [`Auto`](Reduction::Auto): over items and dimensions, as ProbVLM;
/// * [`BatchMean`](Reduction::BatchMean): over items; [`Sum`](Reduction::Sum): none divided.
///
/// # Edge cases
/// Finite, with finite gradients, for finite input: see [`GeneralizedNormal`]. Where mean and target can become equal it has
/// no lower bound but that of the inverse scale. An empty batch gives zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GeneralizedNormalNll;

impl GeneralizedNormalNll {
    /// The loss of a batch, reduced.
    ///
    /// # Shapes
    /// * `predicted`: `[N, D]`, `targets`: `[N, D]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward(&self, predicted: &GeneralizedNormal, targets: Tensor<2>, reduction: Reduction) -> Tensor<1> {
        let [items, dims] = predicted.dims();
        let sum = self.forward_no_reduction(predicted, targets).sum();
        match reduction {
            Reduction::Sum => sum,
            Reduction::BatchMean => sum / items.max(1) as f64,
            Reduction::Mean | Reduction::Auto => sum / (items * dims).max(1) as f64,
        }
    }

    /// The loss of every item, summed over its dimensions.
    ///
    /// # Shapes
    /// * as in [`forward`](Self::forward), but returns `[N]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward_no_reduction(&self, predicted: &GeneralizedNormal, targets: Tensor<2>) -> Tensor<1> {
        -predicted.log_prob(targets)
    }
}
