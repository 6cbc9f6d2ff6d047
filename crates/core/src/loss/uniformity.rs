//! The uniformity loss, which spreads embeddings out.

use burn::{
    config::Config,
    module::Module,
    tensor::{Bool, Int, Tensor},
};

use super::{LARGEST_SQUARE, zero_of};
use crate::pairs::squared_distance;

/// Configuration of [`UniformityLoss`].
#[derive(Config, Debug)]
pub struct UniformityLossConfig {
    /// Sharpness `t` of the Gaussian potential.
    #[config(default = 2.0)]
    pub sharpness: f64,
}

impl UniformityLossConfig {
    /// The loss.
    pub fn init(&self) -> UniformityLoss {
        UniformityLoss { sharpness: self.sharpness }
    }
}

/// Logarithm of the mean Gaussian potential over all pairs of rows, `ln mean_{i<k} exp(-t ||x_i - x_k||^2)` (Wang and Isola, ICML 2020).
///
/// Computed by log-sum-exp: the plain form underflows to `ln 0` in an `f32` once all squared distances pass 52 (at `t = 2`), which samples of
/// width 0.22 in 512 dimensions already do. PCME applies it to all samples of both modalities (weight 10 on CUB, 0 on COCO), without
/// normalising them, and to a random 128 of them when there are more; it draws these with replacement, so duplicates dominate. Pass distinct
/// indices to [`forward_subset`](Self::forward_subset).
///
/// There is no reduction to choose: the loss is one number per set.
///
/// # Edge cases
/// Fewer than two rows have no pair: zero with zero gradient. All rows equal: the largest value, 0. Squared distances count up to 1e30.
#[derive(Module, Debug)]
pub struct UniformityLoss {
    sharpness: f64,
}

impl UniformityLoss {
    /// The loss of all rows. Memory grows with the square of their number.
    ///
    /// # Shapes
    /// * `rows`: `[R, D]`
    /// * returns: `[1]`
    pub fn forward(&self, rows: Tensor<2>) -> Tensor<1> {
        let [count, _] = rows.dims();
        if count < 2 {
            return zero_of(rows);
        }
        let squared = squared_distance(rows.clone(), rows).clamp_max(LARGEST_SQUARE); // [R, R]
        // Every pair is there twice, which a mean does not see; only an item with itself has to go.
        let itself = Tensor::<2, Bool>::diag_mask([count, count], 0, &squared.device()).bool_not();
        let energy = (squared * -self.sharpness).mask_fill(itself, f32::NEG_INFINITY);
        let largest = energy.clone().detach().max();
        let pairs = (count * (count - 1)) as f64;
        (energy - largest.clone().unsqueeze()).exp().sum().log() + largest - pairs.ln()
    }

    /// The loss of the rows at `indices`, which should be distinct: the potential of a row with its own copy is 1 and hides all others.
    ///
    /// # Shapes
    /// * `rows`: `[R, D]`, `indices`: `[S]`
    /// * returns: `[1]`
    pub fn forward_subset(&self, rows: Tensor<2>, indices: Tensor<1, Int>) -> Tensor<1> {
        self.forward(rows.select(0, indices))
    }
}
