//! The symmetric InfoNCE loss with any number of positives.

use burn::{
    config::Config,
    module::{Module, Param},
    nn::loss::Reduction,
    tensor::{Device, Tensor, assert_shape},
};

use super::{MatchMatrix, cross_entropy, unit, zero_of};
use crate::CoreError;

/// Configuration of [`InfoNceLoss`].
#[derive(Config, Debug)]
pub struct InfoNceLossConfig {
    /// Initial multiplier `tau` of the cosines, the inverse of a temperature; learnt. 1 in the baseline of PCME++.
    #[config(default = 1.0)]
    pub logit_scale: f64,
}

impl InfoNceLossConfig {
    /// The loss with its learnable multiplier on `device`.
    ///
    /// # Errors
    /// If the multiplier is not finite.
    pub fn init(&self, device: &Device) -> Result<InfoNceLoss, CoreError> {
        if !self.logit_scale.is_finite() {
            return Err(CoreError::argument("logit_scale", self.logit_scale, "a finite number"));
        }
        Ok(InfoNceLoss { logit_scale: Param::from_data([self.logit_scale], device) })
    }
}

/// Symmetric cross-entropy over the cosines of a batch (van den Oord et al., 2018; the contrastive baseline of PCME++), with any number of
/// positives per item.
///
/// Row `i` has the target distribution `t_ik = m_ik / sum_k m_ik` and the loss `-sum_k t_ik ln softmax_k(tau cos(x_i, y_k))`; columns
/// likewise. With one positive each it is the usual loss.
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), and [`Auto`](Reduction::Auto): half the mean over rows plus half the mean over columns;
/// * [`Sum`](Reduction::Sum): half of both sums; [`BatchMean`](Reduction::BatchMean): that, divided by `N`.
///
/// # Edge cases
/// An item without positives contributes exactly zero, value and gradient (its row still counts in a mean). Zero vectors have cosine
/// zero to everything and finite gradients; norms up to 1e38 do not overflow.
#[derive(Module, Debug)]
pub struct InfoNceLoss {
    /// The multiplier `tau` of the cosines, `[1]`.
    pub logit_scale: Param<Tensor<1>>,
}

impl InfoNceLoss {
    /// The loss of both directions, reduced. Embeddings are normalised here.
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
        if n == 0 || m == 0 {
            return zero_of(rows) + zero_of(columns);
        }
        let (by_row, by_column) = self.forward_no_reduction(rows, columns, matches);
        match reduction {
            Reduction::Mean | Reduction::Auto => (by_row.mean() + by_column.mean()) * 0.5,
            Reduction::Sum => (by_row.sum() + by_column.sum()) * 0.5,
            Reduction::BatchMean => (by_row.sum() + by_column.sum()) * (0.5 / n as f64),
        }
    }

    /// The loss of every row and of every column.
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
        let [n, m] = matches.dims();
        let [_, d] = rows.dims();
        assert_shape!(rows, [n, _]);
        assert_shape!(columns, [m, d]);

        let cosines = unit(rows).matmul(unit(columns).transpose()); // [N, M]
        let logits = cosines * self.logit_scale.val().unsqueeze();
        let by_row = cross_entropy(logits.clone(), matches.values());
        let by_column = cross_entropy(logits.transpose(), matches.values().transpose());
        (by_row, by_column)
    }
}
