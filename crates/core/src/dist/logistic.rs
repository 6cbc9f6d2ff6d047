//! The logistic distribution.

use burn::tensor::Tensor;
use halation_kernels::softplus;

use crate::categorical::log_sigmoid;

/// Independent logistic distributions, entry by entry: distribution function `sigmoid(z)` with `z = (x - mean) e^-log_scale`.
#[derive(Debug, Clone)]
pub struct Logistic<const D: usize> {
    mean: Tensor<D>,
    log_scale: Tensor<D>,
}

impl<const D: usize> Logistic<D> {
    /// The distributions with these means and logarithms of scales.
    ///
    /// # Shapes
    /// * `mean`, `log_scale`: the same; all arguments and results below have it, too
    pub fn new(mean: Tensor<D>, log_scale: Tensor<D>) -> Self {
        assert_eq!(mean.dims(), log_scale.dims(), "means and scales of different shapes");
        Self { mean, log_scale }
    }

    /// Log-density `z - log_scale - 2 softplus(z)`, in nats.
    pub fn log_prob(&self, points: Tensor<D>) -> Tensor<D> {
        // Symmetric in z: the side on which nothing cancels.
        let distance = self.standard(points).abs();
        -distance.clone() - self.log_scale.clone() - softplus(-distance) * 2.0
    }

    /// Logarithm of the distribution function, `ln sigmoid(z)`.
    pub fn log_cdf(&self, points: Tensor<D>) -> Tensor<D> {
        log_sigmoid(self.standard(points))
    }

    /// Logarithm of one minus the distribution function, `ln sigmoid(-z)`.
    pub fn log_survival(&self, points: Tensor<D>) -> Tensor<D> {
        log_sigmoid(-self.standard(points))
    }

    /// Where the distribution function has this logit, `mean + e^log_scale logit`: a draw for `logit = ln u - ln(1 - u)`. By logit, as a
    /// probability near one cannot be told from one in f32.
    pub fn quantile(&self, logit: Tensor<D>) -> Tensor<D> {
        self.mean.clone() + self.log_scale.clone().exp() * logit
    }

    fn standard(&self, points: Tensor<D>) -> Tensor<D> {
        (points - self.mean.clone()) * (-self.log_scale.clone()).exp()
    }
}
