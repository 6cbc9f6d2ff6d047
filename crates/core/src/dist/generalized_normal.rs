//! The generalised normal distribution: a normal whose exponent is a parameter.

use std::f64::consts::LN_2;

use burn::tensor::{Tensor, assert_shape};

use super::{LogVar, ln_gamma};

/// A batch of `N` generalised normal distributions with independent coordinates over a `D`-dimensional space:
///
/// ```text
/// p(x) = beta / (2 alpha Gamma(1 / beta)) exp(-(|x - mean| / alpha)^beta)
/// ```
///
/// `beta = 2` is the normal distribution of variance `alpha^2 / 2`, `beta = 1` Laplace's, large `beta` nears the uniform one
/// on `mean +- alpha`. Networks put out `1 / alpha`, which stays tame where the scale vanishes (ProbVLM, Upadhyay et al.,
/// ICCV 2023).
///
/// Nothing here turns into NaN, value or gradient, for any finite mean and positive scale and shape: parameters count up to
/// the bounds below and have no gradient beyond them.
#[derive(Debug, Clone)]
pub struct GeneralizedNormal {
    mean: Tensor<2>,
    inverse_scale: Tensor<2>,
    shape: Tensor<2>,
}

impl GeneralizedNormal {
    /// The inverse scales that are told apart.
    pub const INVERSE_SCALE: [f64; 2] = [1e-6, 1e6];

    /// The shapes that are told apart; with both bounds a variance fits an `f32`.
    pub const SHAPE: [f64; 2] = [0.1, 100.0];

    /// Distances below and above these many scales count as these: the gradient of a power below one is infinite at zero.
    const DISTANCE: [f64; 2] = [1e-6, 1e30];

    /// `(|x - mean| / alpha)^beta` past `e^20` goes on along the tangent to its exponential, so that it and its gradient stay
    /// finite and an outlier still pulls.
    const EXPONENT: f64 = 20.0;

    /// The distributions with these means, inverse scales `1 / alpha` and shapes `beta`.
    ///
    /// # Shapes
    /// * all: `[N, D]`; scales and shapes positive
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn new(mean: Tensor<2>, inverse_scale: Tensor<2>, shape: Tensor<2>) -> Self {
        let [rows, dims] = mean.dims();
        assert_shape!(inverse_scale, [rows, dims]);
        assert_shape!(shape, [rows, dims]);
        Self { mean, inverse_scale, shape }
    }

    /// The means, `[N, D]`.
    pub fn mean(&self) -> Tensor<2> {
        self.mean.clone()
    }

    /// The inverse scales `1 / alpha` as given, `[N, D]`.
    pub fn inverse_scale(&self) -> Tensor<2> {
        self.inverse_scale.clone()
    }

    /// The shapes `beta` as given, `[N, D]`.
    pub fn shape(&self) -> Tensor<2> {
        self.shape.clone()
    }

    /// Number of distributions and of dimensions, `[N, D]`.
    pub fn dims(&self) -> [usize; 2] {
        self.mean.dims()
    }

    /// Log-density of one point under each distribution, in nats, `[N]`:
    /// `sum_k -(|x_k - mean_k| / alpha_k)^beta_k + ln beta_k - ln alpha_k - ln 2 - ln Gamma(1 / beta_k)`.
    ///
    /// ProbVLM's objective drops `ln 2`, and its released code turns the power into a product with `beta`.
    ///
    /// # Shapes
    /// * `points`: `[N, D]`
    pub fn log_prob(&self, points: Tensor<2>) -> Tensor<1> {
        let [rows, dims] = self.dims();
        assert_shape!(points, [rows, dims]);
        let (inverse_scale, shape) = self.bounded();
        let [nearest, farthest] = Self::DISTANCE;
        let distance = ((points - self.mean()).abs() * inverse_scale).clamp(nearest, farthest);
        let exponent = distance.log() * shape;
        let below = exponent.clone().clamp_max(Self::EXPONENT);
        let power = below.clone().exp() * (exponent - below + 1.0);
        sum(self.log_density_at_mean() - power)
    }

    /// Differential entropy `sum_k 1 / beta_k - ln p_k(mean_k)`, in nats, `[N]`.
    pub fn entropy(&self) -> Tensor<1> {
        let (_, shape) = self.bounded();
        sum(shape.recip() - self.log_density_at_mean())
    }

    /// The variances `alpha^2 Gamma(3 / beta) / Gamma(1 / beta)`, `[N, D]`.
    pub fn variance(&self) -> Tensor<2> {
        self.log_var().variance()
    }

    /// The log-variances `2 ln alpha + ln Gamma(3 / beta) - ln Gamma(1 / beta)`, `[N, D]`: the scale of the normal distribution
    /// with the same variance.
    pub fn log_var(&self) -> LogVar {
        let (inverse_scale, shape) = self.bounded();
        let inverse_shape = shape.recip();
        let ratio = ln_gamma(inverse_shape.clone() * 3.0) - ln_gamma(inverse_shape);
        LogVar(ratio - inverse_scale.log() * 2.0)
    }

    /// `ln beta - ln alpha - ln 2 - ln Gamma(1 / beta)`, `[N, D]`.
    fn log_density_at_mean(&self) -> Tensor<2> {
        let (inverse_scale, shape) = self.bounded();
        shape.clone().log() + inverse_scale.log() - ln_gamma(shape.recip()) - LN_2
    }

    /// Inverse scale and shape within their bounds.
    fn bounded(&self) -> (Tensor<2>, Tensor<2>) {
        let ([fine, coarse], [heavy, light]) = (Self::INVERSE_SCALE, Self::SHAPE);
        (self.inverse_scale().clamp(fine, coarse), self.shape().clamp(heavy, light))
    }
}

fn sum(terms: Tensor<2>) -> Tensor<1> {
    terms.sum_dim(1).squeeze_dim(1)
}
