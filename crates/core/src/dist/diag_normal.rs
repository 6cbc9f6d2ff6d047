//! The normal distribution with a diagonal covariance: the embedding of one image or one caption.

use std::f64::consts::{E, PI};
use std::ops::Range;

use burn::tensor::{Tensor, assert_shape, s};
use halation_kernels::map;

use super::standard_kl_term::StandardKlTerm;
use super::{LogStd, LogVar};

/// A batch of `N` normal distributions `N(mean, diag(sigma^2))` over a `D`-dimensional space.
///
/// Methods return one value per row. Variances enter divisions through [`LogVar::bounded`], so nothing here turns into NaN
/// for any finite mean and log standard deviation; what exceeds an `f32` becomes infinite.
#[derive(Debug, Clone)]
pub struct DiagNormal {
    mean: Tensor<2>,
    log_std: LogStd,
}

impl DiagNormal {
    /// The distributions with these means and scales; the scale is a [`LogStd`] or a [`LogVar`].
    ///
    /// # Shapes
    /// * `mean`: `[N, D]`
    /// * `scale`: `[N, D]`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn new(mean: Tensor<2>, scale: impl Into<LogStd>) -> Self {
        let log_std = scale.into();
        let [rows, dims] = mean.dims();
        assert_shape!(log_std.0, [rows, dims]);
        Self { mean, log_std }
    }

    /// The standard normal distribution `N(0, I)` in the shape and on the device of `self`.
    pub fn standard_like(&self) -> Self {
        Self { mean: self.mean.zeros_like(), log_std: LogStd(self.mean.zeros_like()) }
    }

    /// The means, `[N, D]`.
    pub fn mean(&self) -> Tensor<2> {
        self.mean.clone()
    }

    /// The log standard deviations, `[N, D]`.
    pub fn log_std(&self) -> LogStd {
        self.log_std.clone()
    }

    /// The log-variances, `[N, D]`.
    pub fn log_var(&self) -> LogVar {
        self.log_std.log_var()
    }

    /// The variances, `[N, D]`.
    pub fn variance(&self) -> Tensor<2> {
        self.log_var().variance()
    }

    /// Number of distributions and of dimensions, `[N, D]`.
    pub fn dims(&self) -> [usize; 2] {
        self.mean.dims()
    }

    /// The distributions `rows` of the batch.
    pub fn rows(&self, rows: Range<usize>) -> Self {
        Self {
            mean: self.mean.clone().slice(s![rows.clone(), ..]),
            log_std: LogStd(self.log_std.0.clone().slice(s![rows, ..])),
        }
    }

    /// The same distributions as constants: without an autodiff graph and its cost.
    pub fn without_autodiff(self) -> Self {
        Self { mean: self.mean.without_autodiff(), log_std: LogStd(self.log_std.0.without_autodiff()) }
    }

    /// Samples by the reparameterisation `z = mean + sigma * noise`, through which gradients reach mean and scale
    /// (Kingma and Welling, 2014).
    ///
    /// # Shapes
    /// * `noise`: `[N, J, D]`, draws of `N(0, I)`; `[1, J, D]` gives every row the same draws
    /// * returns: `[N, J, D]`
    pub fn rsample(&self, noise: Tensor<3>) -> Tensor<3> {
        let [shared, _, dims] = noise.dims();
        let [rows, _] = self.dims();
        assert_shape!(self.mean, [_, dims]);
        assert!(shared == rows || shared == 1, "noise for {shared} rows, but {rows} distributions");
        let mean: Tensor<3> = self.mean.clone().unsqueeze_dim(1); // [N, 1, D]
        let std: Tensor<3> = self.log_std.std().unsqueeze_dim(1); // [N, 1, D]
        mean + std * noise // [N, J, D]
    }

    /// Log-density of one point under each distribution: `-1/2 sum_k ((x_k - mean_k)^2 / v_k + lv_k + ln 2 pi)`, in nats.
    ///
    /// # Shapes
    /// * `points`: `[N, D]`
    /// * returns: `[N]`
    pub fn log_prob(&self, points: Tensor<2>) -> Tensor<1> {
        let [rows, dims] = self.dims();
        assert_shape!(points, [rows, dims]);
        let log_var = self.log_var().bounded().0;
        let standard = (points - self.mean()) * (log_var.clone() * -0.5).exp();
        (standard.square() + log_var + (2.0 * PI).ln()).sum_dim(1).squeeze_dim::<1>(1) * -0.5
    }

    /// Differential entropy `sum_k ls_k + D/2 ln(2 pi e)`, in nats, `[N]`.
    pub fn entropy(&self) -> Tensor<1> {
        let [_, dims] = self.dims();
        self.log_det_std() + dims as f64 / 2.0 * (2.0 * PI * E).ln()
    }

    /// Kullback-Leibler divergence of each row to the same row of `other`, in nats, `[N]`:
    /// `KL(self || other) = 1/2 sum_k (lv2 - lv1 + exp(lv1 - lv2) + (mean1 - mean2)^2 / v2 - 1)`.
    pub fn kl(&self, other: &Self) -> Tensor<1> {
        let [rows, dims] = self.dims();
        assert_shape!(other.mean, [rows, dims]);
        let (log_var, other_log_var) = (self.log_var().bounded().0, other.log_var().bounded().0);
        let gap = (self.mean() - other.mean()) * (other_log_var.clone() * -0.5).exp();
        let log_ratio = log_var - other_log_var;
        // Both summands are never negative, so rounding cannot cancel large terms here.
        let scale = log_ratio.clone().exp() - log_ratio - 1.0;
        (scale + gap.square()).sum_dim(1).squeeze_dim::<1>(1) * 0.5
    }

    /// Kullback-Leibler divergence to the standard normal, `1/2 sum_k (v_k + mean_k^2 - 1 - lv_k)`, in nats, `[N]`.
    ///
    /// This is the exact form. The code of PCME puts `ls` where this has `lv`: see
    /// [`PriorKl`](crate::loss::PriorKl).
    pub fn kl_standard(&self) -> Tensor<1> {
        let terms = map(StandardKlTerm, [self.mean(), self.log_var().0]); // [N, D]
        terms.sum_dim(1).squeeze_dim(1)
    }

    /// Half the log-determinant of the covariance, `sum_k ls_k`, `[N]`: the logarithm of the uncertainty `det(Sigma)^1/2`.
    pub fn log_det_std(&self) -> Tensor<1> {
        self.log_std.0.clone().sum_dim(1).squeeze_dim(1)
    }

    /// Geometric mean of the standard deviations, `exp(mean_k ls_k)`, `[N]`: the uncertainty that PCME reports.
    pub fn geometric_mean_std(&self) -> Tensor<1> {
        self.log_std.0.clone().mean_dim(1).squeeze_dim::<1>(1).exp()
    }

    /// Trace of the covariance, `sum_k v_k`, `[N]`: the uncertainty that PCME++ reports.
    pub fn trace(&self) -> Tensor<1> {
        self.variance().sum_dim(1).squeeze_dim(1)
    }
}
