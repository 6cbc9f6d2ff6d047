//! The Monte-Carlo soft contrastive loss between sets of samples.

use std::ops::Range;

use burn::{
    config::Config,
    module::{Module, Param},
    nn::loss::Reduction,
    tensor::{Device, Tensor, assert_shape, s},
};
use halation_kernels::log_sigmoid;

use super::{MatchMatrix, zero_of};
use crate::{
    CoreError,
    divergence::MatchFunction,
    pairs::{aligned_sample_distances, log_mean_exp_over_samples, sample_distances, tiled},
};

/// Configuration of [`SoftContrastiveLoss`].
#[derive(Config, Debug)]
pub struct SoftContrastiveLossConfig {
    /// Initial scale `a` of the distance; learnt, unconstrained. PCME: 15 on COCO, 5 on CUB.
    #[config(default = 15.0)]
    pub negative_scale: f64,
    /// Initial shift `b`; learnt. PCME: 15 on COCO, 5 on CUB.
    #[config(default = 15.0)]
    pub shift: f64,
    /// Factor of the logit: 2 as in PCME's code, 1 as its paper (and HIB) prints it.
    #[config(default = 2)]
    pub logit_gain: u32,
}

impl SoftContrastiveLossConfig {
    /// The loss with its two learnable scalars on `device`.
    ///
    /// # Errors
    /// If the gain is neither 1 nor 2, or a scalar is not finite.
    pub fn init(&self, device: &Device) -> Result<SoftContrastiveLoss, CoreError> {
        let checked = MatchFunction::new(self.negative_scale, self.shift, self.logit_gain)?;
        Ok(SoftContrastiveLoss {
            negative_scale: Param::from_data([checked.negative_scale()], device),
            shift: Param::from_data([checked.shift()], device),
            logit_gain: checked.logit_gain() as usize,
        })
    }
}

/// Negative log-likelihood of match and mismatch under sampled embeddings: the soft contrastive loss of HIB (Oh et al., ICLR 2019) between
/// two modalities as PCME trains it (Chun et al., CVPR 2021).
///
/// A pair of points matches with probability `sigmoid(l)`, `l = gain (b - a sqrt(||x - y||^2 + 1e-6))`; a pair of items with the mean over
/// all pairs of their samples. For `N` and `M` items with `J` and `K` samples each,
///
/// ```text
/// nll(i, k) = - m_ik ln(1/JK sum_jj' sigmoid(l)) - (1 - m_ik) ln(1/JK sum_jj' sigmoid(-l))
/// ```
///
/// computed by log-sum-exp, so no probability ever rounds to 0 or 1. A point embedding is the case `J = 1`: the same code.
///
/// # Reductions
/// * [`Sum`](Reduction::Sum), and [`Auto`](Reduction::Auto): **twice** the sum over all pairs, as PCME's code, which adds the equal losses of
///   both retrieval directions;
/// * [`BatchMean`](Reduction::BatchMean): that, divided by `N`;
/// * [`Mean`](Reduction::Mean): the mean over all pairs, not doubled.
///
/// # Edge cases
/// * A batch of only positives or only negatives is fine: the other term is exactly zero, and so is its gradient. An empty batch gives zero.
/// * Identical and all-zero embeddings have finite values and gradients, for the 1e-6 under the root.
/// * Coordinates up to 1e20 and beyond give finite losses and gradients; the loss then grows like the distance.
/// * NaN or infinity in a sample makes the loss NaN or infinite: nothing is hidden. A log standard deviation above 88 does that in an `f32`.
///
/// Not doubled or shared: weighting the two directions, the prior ([`PriorKl`](super::PriorKl)) and uniformity are the caller's sum.
#[derive(Module, Debug)]
pub struct SoftContrastiveLoss {
    /// The scale `a` of the distance, `[1]`. Nothing keeps it positive: if it crosses zero, far becomes close. Log it.
    pub negative_scale: Param<Tensor<1>>,
    /// The shift `b`, `[1]`.
    pub shift: Param<Tensor<1>>,
    logit_gain: usize,
}

impl SoftContrastiveLoss {
    /// The loss of all pairs, reduced.
    ///
    /// # Shapes
    /// * `rows`: `[N, J, D]`, `columns`: `[M, K, D]` (samples of each item), `matches`: `[N, M]`
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
        if n == 0 || m == 0 {
            return zero_of(rows) + zero_of(columns);
        }
        let losses = self.forward_no_reduction(rows, columns, matches);
        match reduction {
            Reduction::Mean => losses.mean(),
            Reduction::Sum | Reduction::Auto => losses.sum() * 2.0,
            Reduction::BatchMean => losses.sum() * (2.0 / n as f64),
        }
    }

    /// The negative log-likelihood of every pair. Memory beyond the result is a tile of at most 64 MiB per intermediate tensor, except for
    /// what autodiff keeps.
    ///
    /// # Shapes
    /// * `rows`: `[N, J, D]`, `columns`: `[M, K, D]`, `matches`: `[N, M]`, none empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_no_reduction(&self, rows: Tensor<3>, columns: Tensor<3>, matches: &MatchMatrix) -> Tensor<2> {
        let [n, m] = matches.dims();
        let [_, j, d] = rows.dims();
        let [_, k, _] = columns.dims();
        assert_shape!(rows, [n, _, _]);
        assert_shape!(columns, [m, _, d]);

        let part = |items: &Tensor<3>, range: Range<usize>| items.clone().slice(s![range, .., ..]);
        tiled(n, m, j * k, |row_range, column_range| {
            let targets = matches.values().slice([row_range.clone(), column_range.clone()]);
            let distances = sample_distances(part(&rows, row_range), part(&columns, column_range));
            let logits = self.logits(distances); // [J, n, K, m]
            if matches.is_hard() { nll_of_hard(logits, targets) } else { nll_of_soft(logits, targets) }
        })
    }

    /// The negative log-likelihood of pairs in the same place.
    ///
    /// # Shapes
    /// * `left`: `[P, J, D]`, `right`: `[P, K, D]`, `matches`: `[P]` with entries in `[0, 1]`, none empty
    /// * returns: `[P]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_aligned_no_reduction(&self, left: Tensor<3>, right: Tensor<3>, matches: Tensor<1>) -> Tensor<1> {
        let [pairs] = matches.dims();
        let [_, _, d] = left.dims();
        assert_shape!(left, [pairs, _, _]);
        assert_shape!(right, [pairs, _, d]);
        let logits = self.logits(aligned_sample_distances(left, right)); // [J, P, K, 1]
        nll_of_soft(logits, matches.detach().unsqueeze_dim(1)).squeeze_dim(1)
    }

    /// The current match function, to rank with what was learnt. Reads two numbers back from the device.
    pub fn match_function(&self) -> MatchFunction {
        let read = |scalar: &Param<Tensor<1>>| scalar.val().into_scalar::<f64>();
        MatchFunction::from_trained(read(&self.negative_scale), read(&self.shift), self.logit_gain as u32)
    }

    /// Match logits of pairs of samples at these distances, `[J, N, K, M]`.
    fn logits(&self, distances: Tensor<4>) -> Tensor<4> {
        let scale: Tensor<4> = self.negative_scale.val().reshape([1, 1, 1, 1]);
        let shift: Tensor<4> = self.shift.val().reshape([1, 1, 1, 1]);
        (shift - distances * scale) * self.logit_gain as f64
    }
}

/// One log-sum-exp of the logits with the sign of the target: `-ln mean sigmoid(+-l)`.
fn nll_of_hard(logits: Tensor<4>, targets: Tensor<2>) -> Tensor<2> {
    let [n, m] = targets.dims();
    let sign = (targets * 2.0 - 1.0).reshape([1, n, 1, m]);
    -log_mean_exp_over_samples(log_sigmoid(logits * sign))
}

/// The mixture of both outcomes.
fn nll_of_soft(logits: Tensor<4>, targets: Tensor<2>) -> Tensor<2> {
    let matching = log_mean_exp_over_samples(log_sigmoid(logits.clone()));
    let differing = log_mean_exp_over_samples(log_sigmoid(-logits));
    -(matching * targets.clone() + differing * (-targets + 1.0))
}
