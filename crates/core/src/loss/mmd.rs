//! The maximum mean discrepancy between the embeddings of two modalities.

use burn::{
    config::Config,
    module::Module,
    tensor::{Bool, Tensor, assert_shape},
};

use super::{safe_sqrt, zero_of};
use crate::{CoreError, pairs::squared_distance};

/// Configuration of [`MmdLoss`].
#[derive(Config, Debug)]
pub struct MmdLossConfig {
    /// Sharpness `gamma` of the kernel.
    #[config(default = 0.5)]
    pub gamma: f64,
}

impl MmdLossConfig {
    /// The loss. It has no parameters, so it needs no device.
    ///
    /// # Errors
    /// If gamma is not a positive number.
    pub fn init(&self) -> Result<MmdLoss, CoreError> {
        if !(self.gamma.is_finite() && self.gamma > 0.0) {
            return Err(CoreError::argument("gamma", self.gamma, "a positive number"));
        }
        Ok(MmdLoss { gamma: self.gamma })
    }
}

/// Squared maximum mean discrepancy of two sets, `mean k(x, x') - 2 mean k(x, y) + mean k(y, y')` with the Laplacian kernel
/// `k(x, y) = exp(-gamma ||x - y||)`: pulls the embeddings of two modalities towards one distribution (Gretton et al., 2012).
///
/// PVSE (Song and Soleymani, CVPR 2019; weight 0.01) calls this kernel RBF, but the distance is not squared. Its means run over all pairs,
/// an item with itself included, so the estimate is biased upwards and never negative (up to rounding). PVSE takes one mean over the sum of
/// the three matrices, for which both sets must have one size; three means are the same there, and need not.
///
/// There is no reduction to choose: the loss is one number per pair of sets.
///
/// # Edge cases
/// An empty set gives zero. Equal points have kernel 1 and no gradient; distances count up to 1e15.
#[derive(Module, Debug)]
pub struct MmdLoss {
    gamma: f64,
}

impl MmdLoss {
    /// The loss of all embeddings of both modalities. Memory grows with the square of their number.
    ///
    /// # Shapes
    /// * `x`: `[R, D]`, `y`: `[S, D]`; bags of `[N, K, D]` are flattened to `[N K, D]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn forward(&self, x: Tensor<2>, y: Tensor<2>) -> Tensor<1> {
        let ([rows, d], [columns, _]) = (x.dims(), y.dims());
        assert_shape!(y, [_, d]);
        if rows == 0 || columns == 0 {
            return zero_of(x) + zero_of(y);
        }
        let within = |set: &Tensor<2>| {
            let [count, _] = set.dims();
            let kernel = self.kernel(set.clone(), set.clone());
            // Rounding leaves the distance of a point to itself a little above zero, where the root has a gradient.
            let itself = Tensor::<2, Bool>::diag_mask([count, count], 0, &kernel.device()).bool_not();
            kernel.mask_fill(itself, 1.0).mean()
        };
        within(&x) + within(&y) - self.kernel(x, y).mean() * 2.0
    }

    /// `exp(-gamma ||x - y||)` of all pairs, `[R, S]`.
    fn kernel(&self, x: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
        (safe_sqrt(squared_distance(x, y)) * -self.gamma).exp()
    }
}
