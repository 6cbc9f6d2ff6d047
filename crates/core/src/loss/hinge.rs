//! The hinge loss of visual-semantic embeddings.

use burn::{
    config::Config,
    module::Module,
    nn::loss::Reduction,
    tensor::{Tensor, activation::relu, assert_shape},
};

use super::{HingeNegatives, HingeSimilarity, MatchMatrix, zero_of};
use crate::CoreError;

/// Configuration of [`HingeLoss`].
#[derive(Config, Debug)]
pub struct HingeLossConfig {
    /// Margin `m` by which a match has to be more similar than a mismatch. 0.2 in VSE++, 0.1 in PVSE, 0.05 with order embeddings.
    #[config(default = 0.2)]
    pub margin: f64,
    /// Which negatives cost something: `Hardest` is VSE++, `All` is VSE0.
    #[config(default = "HingeNegatives::Hardest")]
    pub negatives: HingeNegatives,
    /// What is compared.
    #[config(default = "HingeSimilarity::Cosine")]
    pub similarity: HingeSimilarity,
}

impl HingeLossConfig {
    /// The loss. It has no parameters, so it needs no device.
    ///
    /// # Errors
    /// If the margin is not a finite number of at least zero.
    pub fn init(&self) -> Result<HingeLoss, CoreError> {
        if !(self.margin.is_finite() && self.margin >= 0.0) {
            return Err(CoreError::argument("margin", self.margin, "a finite number of at least 0"));
        }
        Ok(HingeLoss { negatives: self.negatives, margin: self.margin, similarity: self.similarity })
    }
}

/// Bidirectional hinge loss: a match should be more similar than a mismatch of its row and of its column by a margin (VSE0 and VSE++,
/// Faghri et al., BMVC 2018).
///
/// For the similarities `S` and every matching pair `(i, j)`, with negatives `k` of row `i` and of column `j`,
///
/// ```text
/// row cost = max(0, m + S_ik - S_ij)        column cost = max(0, m + S_kj - S_ij)
/// ```
///
/// summed over the negatives ([`HingeNegatives::All`]), or of the most similar one ([`HingeNegatives::Hardest`]). With one match per row
/// and column these are the published losses, whose code takes the diagonal as the only matches; here a second match is no negative.
/// Entries of the match matrix of at least one half are matches, the others negatives: a hinge has no soft form.
///
/// # Reductions
/// * [`Sum`](Reduction::Sum), and [`Auto`](Reduction::Auto): all costs of both directions, as VSE++'s code;
/// * [`BatchMean`](Reduction::BatchMean): that, divided by `N`;
/// * [`Mean`](Reduction::Mean): as PVSE's code: with the hardest negatives the row costs over `N` plus the column costs over `M`, with all
///   of them both over `N M`.
///
/// # Edge cases
/// A batch without matches or without negatives gives zero with zero gradient, an empty one too. Zero vectors have cosine zero to everything
/// and finite gradients.
#[derive(Module, Debug)]
pub struct HingeLoss {
    /// Which negatives count; an epoch may change it ([`HingeNegatives::at_epoch`]).
    #[module(skip)]
    pub negatives: HingeNegatives,
    margin: f64,
    #[module(skip)]
    similarity: HingeSimilarity,
}

impl HingeLoss {
    /// The same loss counting these negatives.
    pub fn with_negatives(mut self, negatives: HingeNegatives) -> Self {
        self.negatives = negatives;
        self
    }

    /// The loss of both directions, reduced.
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, `matches`: `[N, M]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(
        &self,
        rows: Tensor<2>,
        columns: Tensor<2>,
        matches: &MatchMatrix,
        reduction: Reduction,
    ) -> Tensor<1> {
        let [n, m] = matches.dims();
        let [_, d] = rows.dims();
        assert_shape!(rows, [n, _]);
        assert_shape!(columns, [m, d]);
        if n == 0 || m == 0 {
            return zero_of(rows) + zero_of(columns);
        }
        self.forward_scores(self.similarity.pairwise(rows, columns), matches, reduction)
    }

    /// The loss of given similarities, reduced.
    ///
    /// # Shapes
    /// * `scores`: `[N, M]`, `matches`: `[N, M]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward_scores(&self, scores: Tensor<2>, matches: &MatchMatrix, reduction: Reduction) -> Tensor<1> {
        let [n, m] = matches.dims();
        if n == 0 || m == 0 {
            return zero_of(scores);
        }
        let (by_row, by_column) = self.forward_scores_no_reduction(scores, matches);
        let (by_row, by_column) = (by_row.sum(), by_column.sum());
        match reduction {
            Reduction::Sum | Reduction::Auto => by_row + by_column,
            Reduction::BatchMean => (by_row + by_column) / n as f64,
            Reduction::Mean => match self.negatives {
                HingeNegatives::Hardest => by_row / n as f64 + by_column / m as f64,
                HingeNegatives::All => (by_row + by_column) / (n * m) as f64,
            },
        }
    }

    /// The costs of every row and of every column, of embeddings.
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, `matches`: `[N, M]`, none empty
    /// * returns: `[N]` and `[M]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_no_reduction(
        &self,
        rows: Tensor<2>,
        columns: Tensor<2>,
        matches: &MatchMatrix,
    ) -> (Tensor<1>, Tensor<1>) {
        self.forward_scores_no_reduction(self.similarity.pairwise(rows, columns), matches)
    }

    /// The costs of every row and of every column, of given similarities.
    ///
    /// # Shapes
    /// * `scores`: `[N, M]`, `matches`: `[N, M]`, not empty
    /// * returns: `[N]` and `[M]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward_scores_no_reduction(&self, scores: Tensor<2>, matches: &MatchMatrix) -> (Tensor<1>, Tensor<1>) {
        let [n, m] = matches.dims();
        assert_shape!(scores, [n, m]);
        let [most_in_row, most_in_column] = matches.most_matches();
        let by_row = self.costs(scores.clone(), matches.values(), most_in_row);
        let by_column = self.costs(scores.transpose(), matches.values().transpose(), most_in_column);
        (by_row, by_column)
    }

    /// Costs of each row, of which none has more than `most` matches, `[N, M] -> [N]`.
    fn costs(&self, scores: Tensor<2>, targets: Tensor<2>, most: usize) -> Tensor<1> {
        let is_match = targets.greater_equal_scalar(0.5);
        let matching = is_match.clone().float();
        let costs = match self.negatives {
            HingeNegatives::Hardest => {
                // -inf where a row has no negatives: the hinge makes it zero.
                let hardest = scores.clone().mask_fill(is_match, f32::NEG_INFINITY).max_dim(1); // [N, 1]
                (relu(hardest + self.margin - scores) * matching).sum_dim(1)
            }
            HingeNegatives::All => {
                let differing = -matching.clone() + 1.0;
                let (weights, places) = matching.topk_with_indices(most, 1); // [N, most]
                let mut costs = scores.clone().sum_dim(1) * 0.0; // [N, 1]
                // One match of every row at a time, so that memory grows with N M and not with N M^2.
                for number in 0..most {
                    let weight = weights.clone().narrow(1, number, 1); // [N, 1], zero where the row has no such match
                    let score = scores.clone().gather(1, places.clone().narrow(1, number, 1)); // [N, 1]
                    let hinges = relu(scores.clone() + self.margin - score) * differing.clone();
                    costs = costs + hinges.sum_dim(1) * weight;
                }
                costs
            }
        };
        costs.squeeze_dim(1)
    }
}
