//! The soft contrastive loss of HIB over pairs of one modality.

use burn::{
    config::Config,
    module::Module,
    nn::loss::Reduction,
    tensor::{Bool, Device, Tensor, assert_shape},
};

use super::{MatchMatrix, SoftContrastiveLoss, SoftContrastiveLossConfig, zero_of};
use crate::{CoreError, divergence::MatchFunction};

/// Smallest sum of weights that is divided by.
const EPSILON: f64 = 1e-12;

/// Configuration of [`PairMatchLoss`].
#[derive(Config, Debug)]
pub struct PairMatchLossConfig {
    /// Initial scale `a` of the distance; learnt. The start is ours: HIB publishes none.
    #[config(default = 1.0)]
    pub negative_scale: f64,
    /// Initial shift `b`; learnt. The start is ours.
    #[config(default = 1.0)]
    pub shift: f64,
    /// Factor of the logit: 1 as HIB's paper prints it, 2 as in PCME's code.
    #[config(default = 1)]
    pub logit_gain: u32,
    /// Whether matches and mismatches weigh one half each in a mean, however many there are. HIB draws as many of both; a batch of all pairs
    /// has mostly mismatches.
    #[config(default = false)]
    pub balanced: bool,
}

impl PairMatchLossConfig {
    /// The loss with its two learnable scalars on `device`.
    ///
    /// # Errors
    /// If the gain is neither 1 nor 2, or a scalar is not finite.
    pub fn init(&self, device: &Device) -> Result<PairMatchLoss, CoreError> {
        let contrastive = SoftContrastiveLossConfig::new()
            .with_negative_scale(self.negative_scale)
            .with_shift(self.shift)
            .with_logit_gain(self.logit_gain)
            .init(device)?;
        Ok(PairMatchLoss { contrastive, balanced: self.balanced })
    }
}

/// Negative log-likelihood of match and mismatch of pairs within one modality, from samples of their embeddings: the soft contrastive loss
/// of HIB (Oh et al., ICLR 2019).
///
/// The likelihood is that of [`SoftContrastiveLoss`], the paper's by default (gain 1). The embedding can be anything that is sampled: points
/// (`J = 1`), [`DiagNormal::rsample`](crate::dist::DiagNormal::rsample), and
/// [`DiagNormalMixture::rsample`](crate::dist::DiagNormalMixture::rsample). HIB uses `J = 8`, and adds the divergence to the prior of both
/// items with a weight of 1e-4 ([`PriorKl::Exact`](super::PriorKl::Exact);
/// [`DiagNormalMixture::sampled_kl_standard`](crate::dist::DiagNormalMixture::sampled_kl_standard)): the caller's sum.
///
/// # Reductions
/// * [`Mean`](Reduction::Mean), and [`Auto`](Reduction::Auto): over the pairs, or half the mean over matches plus half that over mismatches
///   if balanced;
/// * [`Sum`](Reduction::Sum): over the pairs; [`BatchMean`](Reduction::BatchMean): that, divided by the number of items (or aligned pairs).
///
/// # Edge cases
/// A batch without pairs, or in the balanced mean one kind of them, contributes zero with zero gradient. As in [`SoftContrastiveLoss`], equal
/// and zero embeddings have finite values and gradients.
#[derive(Module, Debug)]
pub struct PairMatchLoss {
    /// The likelihood and its learnable scalars.
    pub contrastive: SoftContrastiveLoss,
    balanced: bool,
}

impl PairMatchLoss {
    /// The loss of all pairs of different items of one batch, reduced; each pair counts once. The samples of different items are independent,
    /// so one set serves both sides.
    ///
    /// # Shapes
    /// * `samples`: `[N, J, D]`, `matches`: `[N, N]`, symmetric (its diagonal is not read)
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, samples: Tensor<3>, matches: &MatchMatrix, reduction: Reduction) -> Tensor<1> {
        let [n, m] = matches.dims();
        assert_shape!(samples, [n, _, _]);
        assert_eq!(n, m, "pairs within one batch need a square match matrix");
        if n < 2 {
            return zero_of(samples);
        }
        let losses = self.contrastive.forward_no_reduction(samples.clone(), samples, matches); // [N, N]
        let itself = Tensor::<2, Bool>::diag_mask([n, n], 0, &losses.device()).bool_not();
        // Every pair is there twice, each time with half its weight.
        let weights = losses.ones_like().detach().mask_fill(itself, 0.0) * 0.5;
        self.reduce(losses, matches.values(), weights, n, reduction)
    }

    /// The loss of pairs in the same place, reduced.
    ///
    /// # Shapes
    /// * `left`: `[P, J, D]`, `right`: `[P, K, D]`, `matches`: `[P]` with entries in `[0, 1]`
    /// * returns: `[1]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward_aligned(
        &self,
        left: Tensor<3>,
        right: Tensor<3>,
        matches: Tensor<1>,
        reduction: Reduction,
    ) -> Tensor<1> {
        let [pairs] = matches.dims();
        if pairs == 0 {
            return zero_of(left) + zero_of(right);
        }
        let losses = self.contrastive.forward_aligned_no_reduction(left, right, matches.clone()).unsqueeze_dim(1);
        let weights = losses.ones_like().detach();
        self.reduce(losses, matches.detach().unsqueeze_dim(1), weights, pairs, reduction)
    }

    /// The current match function, to score pairs and self-matches with what was learnt. Reads two numbers back from the device.
    pub fn match_function(&self) -> MatchFunction {
        self.contrastive.match_function()
    }

    fn reduce(
        &self,
        losses: Tensor<2>,
        targets: Tensor<2>,
        weights: Tensor<2>,
        items: usize,
        reduction: Reduction,
    ) -> Tensor<1> {
        let mean = |weights: Tensor<2>| {
            let total = weights.clone().sum().clamp_min(EPSILON);
            (losses.clone() * weights).sum() / total
        };
        match reduction {
            Reduction::Mean | Reduction::Auto if self.balanced => {
                let differing = -targets.clone() + 1.0;
                (mean(weights.clone() * targets) + mean(weights * differing)) * 0.5
            }
            Reduction::Mean | Reduction::Auto => mean(weights),
            Reduction::Sum => (losses * weights).sum(),
            Reduction::BatchMean => (losses * weights).sum() / items as f64,
        }
    }
}
