//! The match loss of PCME++: match probabilities in closed form.

use burn::{
    config::Config,
    module::{Module, Param},
    nn::loss::Reduction,
    tensor::{Device, Tensor, assert_shape},
};

use super::{MatchDistance, MatchMatrix, PseudoPositives, binary_cross_entropy, zero_of};
use crate::{CoreError, dist::DiagNormal};

/// Configuration of [`ClosedFormMatchLoss`].
#[derive(Config, Debug)]
pub struct ClosedFormMatchLossConfig {
    /// Initial scale `a` of the distance; learnt, unconstrained.
    #[config(default = 5.0)]
    pub negative_scale: f64,
    /// Initial shift `b`; learnt.
    #[config(default = 5.0)]
    pub shift: f64,
    /// Weight `alpha` of the loss with pseudo-positives; 0 switches it off. PCME++: 0.1 on clean data, 0.01 with 20% and 0 with 50% noise.
    #[config(default = 0.1)]
    pub pseudo_positive_weight: f64,
    /// Which mismatches are pseudo-positives.
    #[config(default = "PseudoPositives::AnyBestMatch")]
    pub pseudo_positives: PseudoPositives,
    /// The distance of two distributions.
    #[config(default = "MatchDistance::Csd")]
    pub distance: MatchDistance,
}

impl ClosedFormMatchLossConfig {
    /// The loss with its two learnable scalars on `device`.
    ///
    /// # Errors
    /// If a scalar is not finite, or the weight is negative.
    pub fn init(&self, device: &Device) -> Result<ClosedFormMatchLoss, CoreError> {
        for (argument, value) in [("negative_scale", self.negative_scale), ("shift", self.shift)] {
            if !value.is_finite() {
                return Err(CoreError::argument(argument, value, "a finite number"));
            }
        }
        let weight = self.pseudo_positive_weight;
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(CoreError::argument("pseudo_positive_weight", weight, "a finite number of at least 0"));
        }
        Ok(ClosedFormMatchLoss {
            negative_scale: Param::from_data([self.negative_scale], device),
            shift: Param::from_data([self.shift], device),
            pseudo_positive_weight: weight,
            pseudo_positives: self.pseudo_positives,
            distance: self.distance,
        })
    }
}

/// Binary cross-entropy of closed-form match logits, with pseudo-positives: the loss of PCME++ (Chun, ICLR 2024).
///
/// A pair matches with the logit `l = -a dist + b` of a closed-form distance, by default the expected squared distance of two samples.
/// With the targets `Y`, hard or soft, and `Y_pp` after [`PseudoPositives::relabel`] of rows and of columns,
///
/// ```text
/// loss = 2 BCE(l, Y) + alpha (BCE(l, Y_pp of rows) + BCE(l^T, Y_pp of columns))
/// ```
///
/// The 2 stands for the equal losses of both retrieval directions, as in the code. Mixed samples and label smoothing come in through the
/// matrix: [`MatchMatrix::smoothed`], then [`MatchMatrix::mixed_with_reversed`]. The prior is the caller's sum
/// ([`PriorKl::PcmeppCode`](super::PriorKl::PcmeppCode) of both modalities, weight 1e-4).
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), and [`Auto`](Reduction::Auto): every cross-entropy is a mean over all pairs, as the code;
/// * [`Sum`](Reduction::Sum): every one is a sum; [`BatchMean`](Reduction::BatchMean): that, divided by `N`.
///
/// # Edge cases
/// A batch of only positives or only negatives is fine, the other term is exactly zero. An empty batch gives zero. Distances count up to 1e30,
/// log-variances from 1e-12 to 1e20 of variance, and have no gradient beyond.
#[derive(Module, Debug)]
pub struct ClosedFormMatchLoss {
    /// The scale `a` of the distance, `[1]`. Nothing keeps it positive: if it crosses zero, far becomes close. Log it.
    pub negative_scale: Param<Tensor<1>>,
    /// The shift `b`, `[1]`.
    pub shift: Param<Tensor<1>>,
    pseudo_positive_weight: f64,
    #[module(skip)]
    pseudo_positives: PseudoPositives,
    #[module(skip)]
    distance: MatchDistance,
}

impl ClosedFormMatchLoss {
    /// The loss of all pairs, reduced.
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
        let [_, d] = rows.dims();
        assert_shape!(rows.mean(), [n, _]);
        assert_shape!(columns.mean(), [m, d]);
        if n == 0 || m == 0 {
            return zero_of(rows.mean()) + zero_of(columns.mean());
        }
        self.forward_logits(self.logits(rows, columns), matches, reduction)
    }

    /// The loss of given match logits, reduced.
    ///
    /// # Shapes
    /// * `logits`: `[N, M]`, `matches`: `[N, M]`, not empty
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward_logits(&self, logits: Tensor<2>, matches: &MatchMatrix, reduction: Reduction) -> Tensor<1> {
        let [n, _] = matches.dims();
        let losses = self.forward_logits_no_reduction(logits, matches);
        match reduction {
            Reduction::Mean | Reduction::Auto => losses.mean(),
            Reduction::Sum => losses.sum(),
            Reduction::BatchMean => losses.sum() / n as f64,
        }
    }

    /// What every pair contributes, all terms together; see [`forward_logits`](Self::forward_logits).
    ///
    /// # Shapes
    /// * `logits`: `[N, M]`, `matches`: `[N, M]`, not empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn forward_logits_no_reduction(&self, logits: Tensor<2>, matches: &MatchMatrix) -> Tensor<2> {
        let [n, m] = matches.dims();
        assert_shape!(logits, [n, m]);
        let targets = matches.values();
        let matching = binary_cross_entropy(logits.clone(), targets.clone()) * 2.0;
        if self.pseudo_positive_weight == 0.0 {
            return matching;
        }
        let of_rows = self.pseudo_positives.relabel(logits.clone(), targets.clone());
        let of_columns = self.pseudo_positives.relabel(logits.clone().transpose(), targets.transpose()).transpose();
        // The cross-entropy is linear in the targets: both directions together are twice that of their mean.
        matching + binary_cross_entropy(logits, (of_rows + of_columns) / 2.0) * (2.0 * self.pseudo_positive_weight)
    }

    /// Match logits `-a dist + b` of all pairs; rank with them, or with [`Csd`](crate::divergence::Csd).
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, none empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn logits(&self, rows: &DiagNormal, columns: &DiagNormal) -> Tensor<2> {
        let distances = self.distance.pairwise(rows, columns);
        self.shift.val().unsqueeze::<2>() - distances * self.negative_scale.val().unsqueeze()
    }
}
