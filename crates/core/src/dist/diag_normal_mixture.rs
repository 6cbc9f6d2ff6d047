//! The mixture of normal distributions with diagonal covariances: an embedding that can be in several places.

use std::f64::consts::PI;

use burn::tensor::{Int, Tensor, assert_shape};
use halation_kernels::log_softmax;

use super::DiagNormal;
use crate::CoreError;

/// Standardised coordinates count up to this, so that a sum of their squares stays finite.
const LARGEST_COORDINATE: f64 = 1e15;

/// A batch of `N` mixtures `sum_c w_c N(mean_c, diag(sigma_c^2))` of `C` components each over a `D`-dimensional space: the MoG-C embedding
/// of HIB (Oh et al., ICLR 2019).
///
/// There is no closed form for its entropy and divergences; [`sampled_kl_standard`](Self::sampled_kl_standard) estimates the one that HIB
/// needs from samples. A mixture of one component is that [`DiagNormal`].
#[derive(Debug, Clone)]
pub struct DiagNormalMixture {
    components: Vec<DiagNormal>,
    log_weights: Tensor<2>,
}

impl DiagNormalMixture {
    /// The mixtures with these components, whose weights are the softmax of the logits.
    ///
    /// # Shapes
    /// * `components`: `C` of `[N, D]`
    /// * `weight_logits`: `[N, C]`
    ///
    /// # Errors
    /// If there is no component.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn new(components: Vec<DiagNormal>, weight_logits: Tensor<2>) -> Result<Self, CoreError> {
        let Some([rows, dims]) = components.first().map(DiagNormal::dims) else {
            return Err(CoreError::argument("components", "none", "at least one component"));
        };
        for component in &components {
            assert_shape!(component.mean(), [rows, dims]);
        }
        assert_shape!(weight_logits, [rows, components.len()]);
        Ok(Self { components, log_weights: log_softmax(weight_logits, 1) })
    }

    /// The mixtures with these components in equal parts.
    ///
    /// # Shapes
    /// * `components`: `C` of `[N, D]`
    ///
    /// # Errors
    /// If there is no component.
    ///
    /// # Panics
    /// If the shapes differ.
    pub fn uniform(components: Vec<DiagNormal>) -> Result<Self, CoreError> {
        let Some(first) = components.first() else {
            return Err(CoreError::argument("components", "none", "at least one component"));
        };
        let [rows, _] = first.dims();
        let logits = Tensor::zeros([rows, components.len()], &first.mean().device());
        Self::new(components, logits)
    }

    /// Number of mixtures and of dimensions, `[N, D]`.
    pub fn dims(&self) -> [usize; 2] {
        self.components[0].dims()
    }

    /// The components.
    pub fn components(&self) -> &[DiagNormal] {
        &self.components
    }

    /// The logarithms of the weights, `[N, C]`; their exponentials sum to 1.
    pub fn log_weights(&self) -> Tensor<2> {
        self.log_weights.clone()
    }

    /// The means `sum_c w_c mean_c`, `[N, D]`.
    pub fn mean(&self) -> Tensor<2> {
        let weights = self.log_weights().exp();
        let terms = self.components.iter().enumerate().map(|(c, part)| part.mean() * weights.clone().narrow(1, c, 1));
        terms.reduce(|sum, term| sum + term).expect("a mixture has a component")
    }

    /// Samples `z = mean_c + sigma_c * noise` of the chosen components `c`, through which gradients reach means and scales of these, but not
    /// the weights: a choice has no derivative.
    ///
    /// Who draws `c` by the weights gets samples of the mixture. Of equal parts, [`in_turn`](Self::in_turn) spreads them with less variance.
    ///
    /// # Shapes
    /// * `noise`: `[N, J, D]`, draws of `N(0, I)`; `[1, J, D]` gives every row the same draws
    /// * `choices`: `[N, J]`, numbers of components below `C`
    /// * returns: `[N, J, D]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn rsample(&self, noise: Tensor<3>, choices: Tensor<2, Int>) -> Tensor<3> {
        let [rows, dims] = self.dims();
        let [_, samples, _] = noise.dims();
        assert_shape!(choices, [rows, samples]);
        let parts = self.components.iter().map(|part| part.rsample(noise.clone())); // C of [N, J, D]
        let stacked: Tensor<4> = Tensor::stack(parts.collect(), 2); // [N, J, C, D]
        let choices: Tensor<4, Int> = choices.reshape([rows, samples, 1, 1]).expand([rows, samples, 1, dims]);
        stacked.gather(2, choices).squeeze_dim(2)
    }

    /// Choices for [`rsample`](Self::rsample) that take the components in turn, `j mod C`: for equal weights and a multiple of `C` samples the
    /// mixture in exact proportion (stratified).
    ///
    /// # Shapes
    /// * returns: `[N, samples]`
    pub fn in_turn(&self, samples: usize) -> Tensor<2, Int> {
        let [rows, _] = self.dims();
        let turn: Vec<i64> = (0..samples).map(|sample| (sample % self.components.len()) as i64).collect();
        let turn = Tensor::<1, Int>::from_ints(turn.as_slice(), &self.log_weights.device());
        turn.unsqueeze::<2>().expand([rows, samples])
    }

    /// Log-density `ln sum_c w_c N(z | mean_c, sigma_c)` of several points under each mixture, in nats.
    ///
    /// # Shapes
    /// * `points`: `[N, J, D]`
    /// * returns: `[N, J]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn log_prob(&self, points: Tensor<3>) -> Tensor<2> {
        let [rows, dims] = self.dims();
        let [_, samples, _] = points.dims();
        assert_shape!(points, [rows, samples, dims]);
        let densities = self.components.iter().map(|part| log_density(part, points.clone())); // C of [N, J, 1]
        let weighted = Tensor::cat(densities.collect(), 2) + self.log_weights().unsqueeze_dim(1); // [N, J, C]
        let shift = weighted.clone().detach().max_dim(2);
        ((weighted - shift.clone()).exp().sum_dim(2).log() + shift).squeeze_dim(2)
    }

    /// Estimate of the Kullback-Leibler divergence to the standard normal from samples `z_j` of the mixture,
    /// `1/J sum_j (ln q(z_j) - ln N(z_j | 0, I))`, in nats, `[N]`.
    ///
    /// A mixture has no closed form. The estimate is unbiased for samples drawn by the weights, and as every such estimate it can be negative.
    ///
    /// # Shapes
    /// * `samples`: `[N, J, D]` of [`rsample`](Self::rsample), `J` at least 1
    /// * returns: `[N]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn sampled_kl_standard(&self, samples: Tensor<3>) -> Tensor<1> {
        let prior = log_density(&self.components[0].standard_like(), samples.clone()).squeeze_dim::<2>(2); // [N, J]
        (self.log_prob(samples) - prior).mean_dim(1).squeeze_dim(1)
    }
}

/// Log-density of several points under each distribution, `[N, J, D] -> [N, J, 1]`.
fn log_density(distribution: &DiagNormal, points: Tensor<3>) -> Tensor<3> {
    let mean: Tensor<3> = distribution.mean().unsqueeze_dim(1); // [N, 1, D]
    let log_var: Tensor<3> = distribution.log_var().bounded().0.unsqueeze_dim(1);
    let standard = (points - mean) * (log_var.clone() * -0.5).exp();
    let standard = standard.clamp(-LARGEST_COORDINATE, LARGEST_COORDINATE);
    (standard.square() + log_var + (2.0 * PI).ln()).sum_dim(2) * -0.5
}
