//! The objective of uncertainty adapters on two modalities.

use burn::{config::Config, module::Module, nn::loss::Reduction, tensor::Tensor};

use super::GeneralizedNormalNll;
use crate::{CoreError, dist::GeneralizedNormal};

/// Configuration of [`CrossModalNllLoss`].
#[derive(Config, Debug)]
pub struct CrossModalNllLossConfig {
    /// Weight of the likelihood of the other modality.
    #[config(default = 1e-4)]
    pub cross_weight: f64,
}

impl CrossModalNllLossConfig {
    /// The loss.
    ///
    /// # Errors
    /// If the weight is negative or not finite.
    pub fn init(&self) -> Result<CrossModalNllLoss, CoreError> {
        if !(self.cross_weight >= 0.0 && self.cross_weight.is_finite()) {
            return Err(CoreError::argument("cross_weight", self.cross_weight, "a finite number, at least 0"));
        }
        Ok(CrossModalNllLoss { cross_weight: self.cross_weight })
    }
}

/// Likelihood of each item's own embedding plus a little of its partner's in the other modality (ProbVLM):
///
/// ```text
/// nll(first | x) + nll(second | y) + cross_weight (nll(first | y) + nll(second | x))
/// ```
///
/// `x` and `y` are the frozen embeddings of matching pairs, row by row; an item with several partners comes once for each. The
/// first two terms teach the adapters to reproduce what they are given, the last two to widen where the partner lies elsewhere.
///
/// Reductions and edge cases are those of [`GeneralizedNormalNll`].
#[derive(Module, Debug)]
pub struct CrossModalNllLoss {
    cross_weight: f64,
}

impl CrossModalNllLoss {
    /// The loss of a batch of matching pairs, reduced.
    ///
    /// # Shapes
    /// * `first`, `second`: `[N, D]`; `first_targets`, `second_targets`: `[N, D]`, row `i` matching row `i`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward(
        &self,
        first: &GeneralizedNormal,
        second: &GeneralizedNormal,
        first_targets: Tensor<2>,
        second_targets: Tensor<2>,
        reduction: Reduction,
    ) -> Tensor<1> {
        let nll = |predicted: &GeneralizedNormal, targets: &Tensor<2>| {
            GeneralizedNormalNll.forward(predicted, targets.clone(), reduction.clone())
        };
        let own = nll(first, &first_targets) + nll(second, &second_targets);
        if self.cross_weight == 0.0 {
            return own;
        }
        own + (nll(first, &second_targets) + nll(second, &first_targets)) * self.cross_weight
    }
}
