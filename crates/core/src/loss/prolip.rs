//! The probabilistic sigmoid loss of ProLIP.

use burn::{
    config::Config,
    module::{Module, Param},
    nn::loss::Reduction,
    tensor::{Device, Tensor, assert_shape},
};

use super::{LARGEST_SQUARE, MatchMatrix, binary_cross_entropy, clamp_straight_through, zero_of};
use crate::{CoreError, dist::DiagNormal, pairs::inner_product};

/// Configuration of [`ProLipLoss`].
#[derive(Config, Debug)]
pub struct ProLipLossConfig {
    /// Initial scale `s` of the similarity; its logarithm is learnt.
    #[config(default = 10.0)]
    pub logit_scale: f64,
    /// Initial bias `b`; learnt.
    #[config(default = -10.0)]
    pub logit_bias: f64,
    /// Largest scale.
    #[config(default = 100.0)]
    pub max_logit_scale: f64,
}

impl ProLipLossConfig {
    /// The loss with its two learnable scalars on `device`.
    ///
    /// # Errors
    /// If a scale is not positive, or a number not finite.
    pub fn init(&self, device: &Device) -> Result<ProLipLoss, CoreError> {
        for (argument, scale) in [("logit_scale", self.logit_scale), ("max_logit_scale", self.max_logit_scale)] {
            if !(scale.is_finite() && scale > 0.0) {
                return Err(CoreError::argument(argument, scale, "a positive number"));
            }
        }
        if !self.logit_bias.is_finite() {
            return Err(CoreError::argument("logit_bias", self.logit_bias, "a finite number"));
        }
        Ok(ProLipLoss {
            log_scale: Param::from_data([self.logit_scale.ln()], device),
            bias: Param::from_data([self.logit_bias], device),
            max_log_scale: self.max_logit_scale.ln(),
        })
    }
}

/// Sigmoid loss over all pairs with the probabilistic similarity of ProLIP (Chun et al., ICLR 2025),
/// `l = s (mean1 . mean2 - 1/2 sum_k (v1_k + v2_k)) + b`.
///
/// For unit means this is a logit of the expected squared distance ([`Csd`](crate::divergence::Csd)), `-s/2 CSD + (b + s)`. The means are
/// taken as they are; ProLIP's heads emit unit vectors. The loss of a pair is the binary cross-entropy, `-ln sigmoid(+-l)` for a hard target.
///
/// The scale is bounded in the value, not in the gradient, so that it can come back from the bound; the published training loop clamps
/// the parameter after every step instead.
///
/// # Reductions
/// * [`BatchMean`](Reduction::BatchMean), and [`Auto`](Reduction::Auto): the sum over all pairs, divided by `N`, as the code;
/// * [`Sum`](Reduction::Sum) and [`Mean`](Reduction::Mean): over all pairs.
///
/// # Edge cases
/// A batch of only positives or only negatives is fine. An empty batch gives zero. Similarities count up to 1e30 in size, variances from 1e-12 to
/// 1e20, and have no gradient beyond.
#[derive(Module, Debug)]
pub struct ProLipLoss {
    /// The logarithm of the scale `s`, `[1]`.
    pub log_scale: Param<Tensor<1>>,
    /// The bias `b`, `[1]`.
    pub bias: Param<Tensor<1>>,
    max_log_scale: f64,
}

impl ProLipLoss {
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
        if n == 0 || m == 0 {
            return zero_of(rows.mean()) + zero_of(columns.mean());
        }
        let losses = self.forward_no_reduction(rows, columns, matches);
        match reduction {
            Reduction::BatchMean | Reduction::Auto => losses.sum() / n as f64,
            Reduction::Sum => losses.sum(),
            Reduction::Mean => losses.mean(),
        }
    }

    /// The loss of every pair.
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, `matches`: `[N, M]`, none empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_no_reduction(&self, rows: &DiagNormal, columns: &DiagNormal, matches: &MatchMatrix) -> Tensor<2> {
        let [n, m] = matches.dims();
        let [_, d] = rows.dims();
        assert_shape!(rows.mean(), [n, _]);
        assert_shape!(columns.mean(), [m, d]);
        binary_cross_entropy(self.logits(rows, columns), matches.values())
    }

    /// Match logits of all pairs; rank with them.
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, none empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn logits(&self, rows: &DiagNormal, columns: &DiagNormal) -> Tensor<2> {
        let half_trace = |side: &DiagNormal| side.log_var().bounded().variance().sum_dim(1) * 0.5; // [N, 1]
        let similarity = inner_product(rows.mean(), columns.mean()).clamp(-LARGEST_SQUARE, LARGEST_SQUARE)
            - half_trace(rows)
            - half_trace(columns).transpose();
        let scale = clamp_straight_through(self.log_scale.val(), f64::NEG_INFINITY, self.max_log_scale).exp();
        similarity * scale.unsqueeze() + self.bias.val().unsqueeze()
    }
}
