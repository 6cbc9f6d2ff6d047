//! The Gumbel distribution of scale one: the noise under which an argmax is a categorical draw.

use burn::tensor::Tensor;

use crate::categorical::gumbel_from_uniform;

/// Independent Gumbel distributions with locations `phi`, entry by entry: density `exp(phi - g - e^(phi - g))`, distribution
/// function `exp(-e^(phi - g))`.
///
/// The largest of several is at `k` with probability `softmax(phi)_k`, and is itself Gumbel with location `ln sum_k e^phi_k`.
#[derive(Debug, Clone)]
pub struct Gumbel<const D: usize> {
    loc: Tensor<D>,
}

impl<const D: usize> Gumbel<D> {
    /// The distributions with these locations.
    ///
    /// # Shapes
    /// * `loc`: any; all arguments and results below have the same
    pub fn new(loc: Tensor<D>) -> Self {
        Self { loc }
    }

    /// The locations `phi`.
    pub fn loc(&self) -> Tensor<D> {
        self.loc.clone()
    }

    /// Log-density `phi - g - e^(phi - g)`, in nats.
    pub fn log_prob(&self, points: Tensor<D>) -> Tensor<D> {
        let above = self.loc() - points;
        above.clone() - above.exp()
    }

    /// Logarithm of the distribution function, `-e^(phi - g)`.
    pub fn log_cdf(&self, points: Tensor<D>) -> Tensor<D> {
        -(self.loc() - points).exp()
    }

    /// The distribution function `exp(-e^(phi - g))`.
    pub fn cdf(&self, points: Tensor<D>) -> Tensor<D> {
        self.log_cdf(points).exp()
    }

    /// Where the distribution function is `u`: `phi - ln(-ln u)`; a draw for uniform `u`, which is cut to
    /// [`UNIFORM_RANGE`](crate::categorical::UNIFORM_RANGE).
    pub fn quantile(&self, u: Tensor<D>) -> Tensor<D> {
        self.loc() + gumbel_from_uniform(u)
    }
}
