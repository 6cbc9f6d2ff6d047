//! The pull of embeddings towards the standard normal.

use burn::{
    nn::loss::Reduction,
    tensor::{Tensor, assert_shape},
};

use crate::dist::{DiagNormal, LogVar};

/// Mean divergence above which the codes of PCME++ and ProLIP skip a step.
const CODE_LIMIT: f64 = 1e4;

/// Kullback-Leibler regulariser to the prior `N(0, I)` (variational information bottleneck), one value in nats per item.
///
/// # Reductions
/// * [`Sum`](Reduction::Sum): over the batch, as PCME's code, with weights of 1e-5 (COCO) and 1e-3 (CUB);
/// * [`Mean`](Reduction::Mean) and [`BatchMean`](Reduction::BatchMean): over the items; the forms of PCME++ and ProLIP also divide by `D`;
/// * [`Auto`](Reduction::Auto): as the form was published, the mean for PCME++ and ProLIP, the sum for the others.
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
    /// What PCME++'s code computes, `1/2D sum_k (v_k + mean_k^2 - 1 - lv_k)`: the exact form (its heads emit log-variances) divided by `D`, with
    /// a weight of 1e-4. A batch whose mean passes 1e4 counts zero, without gradient.
    PcmeppCode,
    /// What ProLIP's code computes, `1/2D sum_k (exp(lv_k / 2) + mean_k^2 - 1 - lv_k / 2)`: meant as a correction of PCME++'s, it is PCME's
    /// form again. A batch whose mean passes 1e4 counts zero, without gradient.
    ProLipCode,
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
        let sum = self.forward_no_reduction(posterior, samples).sum();
        let mean = sum.clone() / items.max(1) as f64;
        let published_by_mean = matches!(self, Self::PcmeppCode | Self::ProLipCode);
        let reduced = match reduction {
            Reduction::Sum => sum,
            Reduction::Auto if !published_by_mean => sum,
            Reduction::Mean | Reduction::BatchMean | Reduction::Auto => mean.clone(),
        };
        if published_by_mean { reduced.mask_fill(mean.greater_scalar(CODE_LIMIT), 0.0) } else { reduced }
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
            Self::PcmeppCode => mean_over_dims(posterior.mean(), posterior.log_var().0),
            Self::ProLipCode => mean_over_dims(posterior.mean(), posterior.log_std().0),
        }
    }
}

/// `1/2D sum_k (exp(s_k) + mean_k^2 - 1 - s_k)` with whatever scale `s` the code puts there, `[N, D] -> [N]`.
fn mean_over_dims(mean: Tensor<2>, scale: Tensor<2>) -> Tensor<1> {
    // Far beyond the limit of these forms; an infinite exponential would turn the zero gradient there into NaN.
    let exponential = scale.clone().clamp_max(LogVar::MAX).exp();
    (exponential + mean.square() - 1.0 - scale).mean_dim(1).squeeze_dim::<1>(1) * 0.5
}

/// Mean over the samples, `[N, J, D] -> [N, D]`.
fn mean_of(samples: Tensor<3>, [items, dims]: [usize; 2]) -> Tensor<2> {
    assert_shape!(samples, [items, _, dims]);
    samples.mean_dim(1).squeeze_dim(1)
}
