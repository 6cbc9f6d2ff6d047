//! The multiple-instance hinge loss of PVSE.

use burn::{
    config::Config,
    module::Module,
    nn::loss::Reduction,
    tensor::{Tensor, assert_shape},
};

use super::{BagSimilarity, HingeLoss, HingeLossConfig, HingeNegatives, MatchMatrix, zero_of};
use crate::CoreError;

/// Configuration of [`MultiInstanceHingeLoss`].
#[derive(Config, Debug)]
pub struct MultiInstanceHingeLossConfig {
    /// Margin by which a match has to be more similar than a mismatch.
    #[config(default = 0.1)]
    pub margin: f64,
    /// Which negatives cost something.
    #[config(default = "HingeNegatives::Hardest")]
    pub negatives: HingeNegatives,
    /// How bags are compared.
    #[config(default = "BagSimilarity::Max")]
    pub similarity: BagSimilarity,
}

impl MultiInstanceHingeLossConfig {
    /// The loss. It has no parameters, so it needs no device.
    ///
    /// # Errors
    /// If the margin is not a finite number of at least zero, or a sharpness is not positive.
    pub fn init(&self) -> Result<MultiInstanceHingeLoss, CoreError> {
        let hinge = HingeLossConfig::new().with_margin(self.margin).with_negatives(self.negatives).init()?;
        Ok(MultiInstanceHingeLoss { hinge, similarity: self.similarity.checked()? })
    }
}

/// [`HingeLoss`] over the similarities of bags: the ranking loss of PVSE (Song and Soleymani, CVPR 2019), where an item has `K` embeddings
/// and a match needs one close pair of them.
///
/// PVSE adds [`DiversityLoss`](super::DiversityLoss) of both modalities (weight 0.1) and [`MmdLoss`](super::MmdLoss) (weight 0.01).
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), and [`Auto`](Reduction::Auto): as PVSE's code, see [`HingeLoss`];
/// * [`Sum`](Reduction::Sum) and [`BatchMean`](Reduction::BatchMean): as in [`HingeLoss`].
///
/// # Edge cases
/// As [`HingeLoss`].
#[derive(Module, Debug)]
pub struct MultiInstanceHingeLoss {
    /// The hinge over the similarities; its negatives may change with the epoch.
    pub hinge: HingeLoss,
    #[module(skip)]
    similarity: BagSimilarity,
}

impl MultiInstanceHingeLoss {
    /// The same loss counting these negatives.
    pub fn with_negatives(mut self, negatives: HingeNegatives) -> Self {
        self.hinge.negatives = negatives;
        self
    }

    /// The loss of both directions, reduced.
    ///
    /// # Shapes
    /// * `rows`: `[N, K, D]`, `columns`: `[M, L, D]` (the embeddings of each item), `matches`: `[N, M]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(
        &self,
        rows: Tensor<3>,
        columns: Tensor<3>,
        matches: &MatchMatrix,
        reduction: Reduction,
    ) -> Tensor<1> {
        let [n, m] = matches.dims();
        let [_, _, d] = rows.dims();
        assert_shape!(rows, [n, _, _]);
        assert_shape!(columns, [m, _, d]);
        if n == 0 || m == 0 {
            return zero_of(rows) + zero_of(columns);
        }
        let reduction = if matches!(reduction, Reduction::Auto) { Reduction::Mean } else { reduction };
        self.hinge.forward_scores(self.similarity.pairwise(rows, columns), matches, reduction)
    }

    /// The costs of every row and of every column.
    ///
    /// # Shapes
    /// * as in [`forward`](Self::forward), none empty, but returns `[N]` and `[M]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_no_reduction(
        &self,
        rows: Tensor<3>,
        columns: Tensor<3>,
        matches: &MatchMatrix,
    ) -> (Tensor<1>, Tensor<1>) {
        self.hinge.forward_scores_no_reduction(self.similarity.pairwise(rows, columns), matches)
    }
}
