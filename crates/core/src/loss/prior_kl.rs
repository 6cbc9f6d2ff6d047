//! The pull of embeddings towards the standard normal.

use burn::{
    nn::loss::Reduction,
    tensor::{Tensor, assert_shape},
};

use crate::dist::DiagNormal;

/// Kullback-Leibler regulariser to the prior `N(0, I)` (variational information bottleneck), one value in nats per item.
///
/// # Reductions
/// * [`Sum`](Reduction::Sum), and [`Auto`](Reduction::Auto): over the batch, as PCME's code, with weights of 1e-5 (COCO) and 1e-3 (CUB);
/// * [`Mean`](Reduction::Mean) and [`BatchMean`](Reduction::BatchMean): over the items. PCME++ also divides by `D`.
///
/// # Edge cases
/// Beyond standard deviations of 1e-6 and 1e10 the exact form is constant in the scale. Means past 1e19 overflow to an infinite loss.
/// An empty batch gives zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PriorKl {
    /// The divergence itself, `1/2 sum_k (v_k + mean_k^2 - 1 - ln v_k)`.
    #[default]
    Exact,
    /// What PCME's code computes, `1/2 sum_k (exp(ls_k) + zbar_k^2 - 1 - ls_k)`: the log standard deviation `ls` stands where the
    /// log-variance belongs, and `zbar`, the mean of the item's samples, where its mean belongs.
    ///
    /// It pulls less on the scale (0.57 against 1.51 per dimension at `ls = -2`), and through `E zbar^2 = mean^2 + v/J` a little on it again.
    PcmeV1Code,
}

impl PriorKl {
    /// The regulariser of a batch, reduced.
    ///
    /// # Shapes
    /// * `posterior`: `[N, D]`
    /// * `samples`: `[N, J, D]` drawn from it, read by [`PcmeV1Code`](Self::PcmeV1Code) only; without them the mean stands for their mean
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, posterior: &DiagNormal, samples: Option<Tensor<3>>, reduction: Reduction) -> Tensor<1> {
        let [items, _] = posterior.dims();
        let losses = self.forward_no_reduction(posterior, samples);
        match reduction {
            Reduction::Sum | Reduction::Auto => losses.sum(),
            Reduction::Mean | Reduction::BatchMean => losses.sum() / items.max(1) as f64,
        }
    }

    /// The regulariser of every item.
    ///
    /// # Shapes
    /// * as in [`forward`](Self::forward), but returns `[N]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_no_reduction(&self, posterior: &DiagNormal, samples: Option<Tensor<3>>) -> Tensor<1> {
        match self {
            Self::Exact => posterior.kl_standard(),
            Self::PcmeV1Code => {
                let centre = samples.map_or_else(|| posterior.mean(), |samples| mean_of(samples, posterior.dims()));
                let log_std = posterior.log_std();
                (log_std.std() + centre.square() - 1.0 - log_std.0).sum_dim(1).squeeze_dim::<1>(1) * 0.5
            }
        }
    }
}

/// Mean over the samples, `[N, J, D] -> [N, D]`.
fn mean_of(samples: Tensor<3>, [items, dims]: [usize; 2]) -> Tensor<2> {
    assert_shape!(samples, [items, _, dims]);
    samples.mean_dim(1).squeeze_dim(1)
}
