//! Mixtures of logistic distributions over scalars: the bijection of flows with a mixture-CDF transform.

use burn::tensor::{Tensor, assert_shape};
use halation_kernels::{log_softmax, softplus};

use crate::categorical::{log_sigmoid, log_sum_exp_keepdim};

/// Steps of the bisection of [`LogisticMixture::quantile`]: from brackets of 1e4 down to the resolution of f32.
const BISECTIONS: usize = 40;

/// The logit of the distribution function has no smaller slope than `e^-30` in a gradient: between far components the true one
/// underflows.
const LOWEST_LOG_SLOPE: f64 = -30.0;

/// `N` mixtures of `M` logistic distributions: `F(x) = sum_m w_m sigmoid(z_m)`, `z_m = (x - mean_m) e^-log_scale_m`.
///
/// Everything is held by logarithms, `ln F` and `ln (1 - F)` apart, so that tails are exact in f32 and nothing is clamped (the published
/// code of Argmax Flows computes in f64 and clamps logarithms at 1e-22). Scalars of tensors of any rank come flattened to `[N]`.
#[derive(Debug, Clone)]
pub struct LogisticMixture {
    log_weights: Tensor<2>,
    means: Tensor<2>,
    log_scales: Tensor<2>,
}

impl LogisticMixture {
    /// The mixtures with these components.
    ///
    /// # Shapes
    /// * `weight_logits`, `means`, `log_scales`: `[N, M]`; weights are `softmax(weight_logits)`
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn new(weight_logits: Tensor<2>, means: Tensor<2>, log_scales: Tensor<2>) -> Self {
        let [count, components] = weight_logits.dims();
        assert_shape!(means, [count, components]);
        assert_shape!(log_scales, [count, components]);
        Self { log_weights: log_softmax(weight_logits, 1), means, log_scales }
    }

    /// Number of mixtures and of components, `[N, M]`.
    pub fn dims(&self) -> [usize; 2] {
        self.means.dims()
    }

    /// Logarithm of the distribution function, `ln F = lse_m(ln w_m + ln sigmoid(z_m))`.
    ///
    /// # Shapes
    /// * `points` and output: `[N]`
    pub fn log_cdf(&self, points: Tensor<1>) -> Tensor<1> {
        self.mix(log_sigmoid(self.standard(points)))
    }

    /// Logarithm of the survival function, `ln (1 - F) = lse_m(ln w_m + ln sigmoid(-z_m))`.
    ///
    /// # Shapes
    /// * `points` and output: `[N]`
    pub fn log_survival(&self, points: Tensor<1>) -> Tensor<1> {
        self.mix(log_sigmoid(-self.standard(points)))
    }

    /// Log-density `ln f = lse_m(ln w_m + z_m - log_scale_m - 2 softplus(z_m))`, in nats.
    ///
    /// # Shapes
    /// * `points` and output: `[N]`
    pub fn log_prob(&self, points: Tensor<1>) -> Tensor<1> {
        // Symmetric in z: the side on which nothing cancels.
        let distance = self.standard(points).abs();
        self.mix(-distance.clone() - self.log_scales.clone() - softplus(-distance) * 2.0)
    }

    /// The logit `ln F - ln (1 - F)` at each point and the logarithm of its slope, `ln f - ln F - ln (1 - F)`: value and log-derivative
    /// of the bijection from the line to the line.
    ///
    /// # Shapes
    /// * `points` and both outputs: `[N]`
    pub fn logit(&self, points: Tensor<1>) -> (Tensor<1>, Tensor<1>) {
        let (log_cdf, log_survival) = (self.log_cdf(points.clone()), self.log_survival(points.clone()));
        let log_slope = self.log_prob(points) - log_cdf.clone() - log_survival.clone();
        (log_cdf - log_survival, log_slope)
    }

    /// Where the distribution function has this logit: the inverse of [`logit`](Self::logit), a draw for `logit = ln u - ln(1 - u)`.
    ///
    /// Forty bisections, whatever the data. The logit of the mixture lies between the smallest and the largest `z_m`, so the solution
    /// lies between the smallest and the largest quantile of a component; that bracket holds for any weights and as far out as f32
    /// reaches (the published one, 20 scales beyond the outermost means, loses logits past 20). Gradients flow to the logit and to all
    /// parameters by the implicit function theorem.
    ///
    /// # Shapes
    /// * `logit` and output: `[N]`
    pub fn quantile(&self, logit: Tensor<1>) -> Tensor<1> {
        let [count, _] = self.dims();
        assert_shape!(logit, [count]);
        // A detached leaf still records; the result must not.
        let found = self.constant().bisect(logit.clone().detach()).detach();
        // Zero, but with the gradient of the solution: d x = (d target - d logit(x)) / slope.
        let (reached, log_slope) = self.logit(found.clone());
        let step = (logit - reached) * (-log_slope.detach().clamp_min(LOWEST_LOG_SLOPE)).exp();
        found + (step.clone() - step.detach())
    }

    fn bisect(&self, logit: Tensor<1>) -> Tensor<1> {
        let quantiles = self.means.clone() + self.log_scales.clone().exp() * logit.clone().unsqueeze_dim::<2>(1); // [N, M]
        let mut low: Tensor<1> = quantiles.clone().min_dim(1).squeeze_dim(1);
        let mut high: Tensor<1> = quantiles.max_dim(1).squeeze_dim(1);
        for _ in 0..BISECTIONS {
            let middle = low.clone() + (high.clone() - low.clone()) * 0.5;
            let below = (self.log_cdf(middle.clone()) - self.log_survival(middle.clone())).lower(logit.clone());
            low = low.mask_where(below.clone(), middle.clone());
            high = middle.mask_where(below, high);
        }
        low.clone() + (high - low) * 0.5
    }

    /// The same mixtures without a gradient.
    fn constant(&self) -> Self {
        Self {
            log_weights: self.log_weights.clone().detach(),
            means: self.means.clone().detach(),
            log_scales: self.log_scales.clone().detach(),
        }
    }

    fn standard(&self, points: Tensor<1>) -> Tensor<2> {
        let [count, _] = self.dims();
        assert_shape!(points, [count]);
        (points.unsqueeze_dim::<2>(1) - self.means.clone()) * (-self.log_scales.clone()).exp()
    }

    fn mix(&self, terms: Tensor<2>) -> Tensor<1> {
        log_sum_exp_keepdim(self.log_weights.clone() + terms, 1).squeeze_dim(1)
    }
}
