//! The Gumbel distribution below a bound.

use burn::tensor::Tensor;
use halation_kernels::softplus;

use super::Gumbel;

/// Independent Gumbel distributions with locations `phi`, each cut off above at its own bound `T`
/// (Maddison et al., A* Sampling, 2014).
#[derive(Debug, Clone)]
pub struct TruncatedGumbel<const D: usize> {
    gumbel: Gumbel<D>,
    bound: Tensor<D>,
}

impl<const D: usize> TruncatedGumbel<D> {
    /// The distributions with these locations and upper bounds.
    ///
    /// # Shapes
    /// * `loc`, `bound`: the same; all arguments and results below have it, too
    pub fn new(loc: Tensor<D>, bound: Tensor<D>) -> Self {
        assert_eq!(loc.dims(), bound.dims(), "locations and bounds of different shapes");
        Self { gumbel: Gumbel::new(loc), bound }
    }

    /// The upper bounds `T`.
    pub fn bound(&self) -> Tensor<D> {
        self.bound.clone()
    }

    /// Log-density `phi - g - e^(phi - g) + e^(phi - T)` at points below the bound, in nats; above, the density is zero, which is not
    /// checked.
    pub fn log_prob(&self, points: Tensor<D>) -> Tensor<D> {
        self.gumbel.log_prob(points) - self.gumbel.log_cdf(self.bound())
    }

    /// Where the distribution function is `u`: `phi - ln(e^(phi - T) - ln u) = T - softplus(T - g)` with the plain Gumbel draw
    /// `g = phi - ln(-ln u)`. The second form keeps the distance to the bound exact in f32 where it is small.
    pub fn quantile(&self, u: Tensor<D>) -> Tensor<D> {
        self.bound() - softplus(self.bound() - self.gumbel.quantile(u))
    }
}
