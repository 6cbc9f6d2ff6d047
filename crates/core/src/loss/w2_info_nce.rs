//! The InfoNCE loss over Wasserstein distances of MAP.

use burn::{
    config::Config,
    module::{Module, Param},
    nn::loss::Reduction,
    tensor::{Device, Tensor, assert_shape},
};

use super::{MatchDistance, MatchMatrix, clamp_straight_through, cross_entropy, zero_of};
use crate::{CoreError, dist::DiagNormal};

/// Smallest temperature that is divided by.
const MIN_TEMPERATURE: f64 = 1e-3;

/// Configuration of [`W2InfoNceLoss`].
#[derive(Config, Debug)]
pub struct W2InfoNceLossConfig {
    /// Scale `a` of the distance; fixed.
    #[config(default = 0.005)]
    pub negative_scale: f64,
    /// Shift `b`; fixed. It cancels in the softmax and matters only to who reads [`W2InfoNceLoss::logits`], for instance to rank by them.
    #[config(default = 4.0)]
    pub shift: f64,
    /// Initial temperature; learnt.
    #[config(default = 0.07)]
    pub temperature: f64,
}

impl W2InfoNceLossConfig {
    /// The loss with its learnable temperature on `device`.
    ///
    /// # Errors
    /// If a number is not finite, or the temperature below 1e-3.
    pub fn init(&self, device: &Device) -> Result<W2InfoNceLoss, CoreError> {
        for (argument, value) in [("negative_scale", self.negative_scale), ("shift", self.shift)] {
            if !value.is_finite() {
                return Err(CoreError::argument(argument, value, "a finite number"));
            }
        }
        if !(self.temperature.is_finite() && self.temperature >= MIN_TEMPERATURE) {
            let expected = format!("a finite number of at least {MIN_TEMPERATURE}");
            return Err(CoreError::argument("temperature", self.temperature, expected));
        }
        Ok(W2InfoNceLoss {
            temperature: Param::from_data([self.temperature], device),
            negative_scale: self.negative_scale,
            shift: self.shift,
        })
    }
}

/// Symmetric cross-entropy over the logits `(-a W2^2 + b) / temperature` of squared 2-Wasserstein distances: the contrastive loss of MAP
/// (Ji et al., CVPR 2023), with any number of positives per item as in [`InfoNceLoss`](super::InfoNceLoss).
///
/// MAP's heads emit log standard deviations. The temperature counts as at least 1e-3, in the value and not in the gradient, so that it can
/// come back; the published code lets it cross zero.
///
/// # Reductions
/// As [`InfoNceLoss`](super::InfoNceLoss): [`Mean`](Reduction::Mean) and [`Auto`](Reduction::Auto) are half the mean over rows plus half the
/// mean over columns; [`Sum`](Reduction::Sum) half of both sums; [`BatchMean`](Reduction::BatchMean) that, divided by `N`.
///
/// # Edge cases
/// An item without positives contributes exactly zero. An empty batch gives zero. Distances count up to 1e30.
#[derive(Module, Debug)]
pub struct W2InfoNceLoss {
    /// The temperature, `[1]`.
    pub temperature: Param<Tensor<1>>,
    negative_scale: f64,
    shift: f64,
}

impl W2InfoNceLoss {
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
        rows: &DiagNormal,
        columns: &DiagNormal,
        matches: &MatchMatrix,
        reduction: Reduction,
    ) -> Tensor<1> {
        let [n, m] = matches.dims();
        if n == 0 || m == 0 {
            return zero_of(rows.mean()) + zero_of(columns.mean());
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
        rows: &DiagNormal,
        columns: &DiagNormal,
        matches: &MatchMatrix,
    ) -> (Tensor<1>, Tensor<1>) {
        let [n, m] = matches.dims();
        let [_, d] = rows.dims();
        assert_shape!(rows.mean(), [n, _]);
        assert_shape!(columns.mean(), [m, d]);
        // Without the shift, which only rounds the logits: it cancels.
        let logits = self.without_shift(rows, columns) / self.bounded_temperature().unsqueeze();
        let by_row = cross_entropy(logits.clone(), matches.values());
        let by_column = cross_entropy(logits.transpose(), matches.values().transpose());
        (by_row, by_column)
    }

    /// Logits of all pairs.
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, none empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn logits(&self, rows: &DiagNormal, columns: &DiagNormal) -> Tensor<2> {
        (self.without_shift(rows, columns) + self.shift) / self.bounded_temperature().unsqueeze()
    }

    fn without_shift(&self, rows: &DiagNormal, columns: &DiagNormal) -> Tensor<2> {
        MatchDistance::SquaredWasserstein2.pairwise(rows, columns) * -self.negative_scale
    }

    fn bounded_temperature(&self) -> Tensor<1> {
        clamp_straight_through(self.temperature.val(), MIN_TEMPERATURE, f64::INFINITY)
    }
}
