//! The variational bound of a diffusion model over categories.

use std::sync::Arc;

use burn::tensor::{Device, Int, Tensor, TensorData};
use halation_core::categorical::log_one_hot;
use halation_kernels::log_softmax;

use super::{Decoder, DiffusionLoss};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{at_class, sum_positions, upload};
use crate::diffusion::transition::Transition;
use crate::head::config_error;

/// A diffusion model over categories in discrete time, without its network (Hoogeboom et al. 2021; Austin et al. 2021).
///
/// `-ln p(x_0) <= sum_t L_t + L_prior` with `L_1 = -E ln p(x_0 | x_1)`,
/// `L_t = E KL(q(x_(t-1) | x_t, x_0) || q(x_(t-1) | x_t, x0_hat))` and `L_prior = KL(q(x_T | x_0) || p(x_T))`, summed over
/// positions. The network gives `x0_hat`; every network that is a [`Denoiser`] will do.
#[derive(Debug, Clone)]
pub struct DiscreteDiffusion {
    transition: Arc<dyn Transition>,
    decoder: Decoder,
    auxiliary: f64,
}

impl DiscreteDiffusion {
    /// A model over this noise. `auxiliary` is the weight `lambda` of a cross-entropy on the estimate at every step: 0.01
    /// for masked text, 0.001 for images, 0 under uniform noise, where it fights the bound.
    ///
    /// # Errors
    /// If `auxiliary` is negative or not finite.
    pub fn new(transition: Arc<dyn Transition>, decoder: Decoder, auxiliary: f64) -> Result<Self, ModelError> {
        if !(auxiliary.is_finite() && auxiliary >= 0.0) {
            config_error("DiscreteDiffusion", "auxiliary", auxiliary, "it must be finite and not negative")?;
        }
        Ok(Self { transition, decoder, auxiliary })
    }

    /// The noise.
    pub fn transition(&self) -> &dyn Transition {
        self.transition.as_ref()
    }

    /// Number of steps `T`.
    pub fn steps(&self) -> usize {
        self.transition.steps()
    }

    /// Estimates from one step for each sequence.
    ///
    /// # Shapes
    /// * `x0`: `[B, L]`; `t`: `B` steps in `1..=T`; `q_t`: the `B` probabilities with which they were drawn
    /// * `uniforms`: `[B, L, S]` in `[0, 1)`, the noise of `x_t`
    ///
    /// # Panics
    /// If shapes do not fit or a step is out of range.
    pub fn loss(
        &self,
        denoiser: &dyn Denoiser,
        x0: Tensor<2, Int>,
        t: &[usize],
        q_t: &[f64],
        uniforms: Tensor<3>,
    ) -> DiffusionLoss {
        assert_eq!(t.len(), q_t.len(), "a probability for each step");
        let x_t = self.transition.sample_t(x0.clone(), t, uniforms); // [B, L]
        let logits = denoiser.logits(x_t.clone(), self.time(t, &x0.device())); // [B, L, K]
        let term = self.terms(logits.clone(), x0.clone(), x_t, t);
        let inverse = upload(q_t.iter().map(|q| 1.0 / q).collect(), [t.len()], &x0.device());
        let bound = term.clone() * inverse.clone() + self.transition.prior_kl(x0.clone());
        let objective = if self.auxiliary > 0.0 {
            let cross_entropy = sum_positions(at_class(log_softmax(logits, 2), x0)).neg();
            bound.clone() + cross_entropy * inverse * self.auxiliary
        } else {
            bound.clone()
        };
        DiffusionLoss { objective, bound, term }
    }

    /// `L_t` of each sequence for a given noisy sequence and the network's answer, in nats.
    ///
    /// # Shapes
    /// * `logits`: `[B, L, K]`; `x0`, `x_t`: `[B, L]`; `t`: `B` steps in `1..=T`
    /// * output: `[B]`
    ///
    /// # Panics
    /// If shapes do not fit or a step is out of range.
    pub fn terms(&self, logits: Tensor<3>, x0: Tensor<2, Int>, x_t: Tensor<2, Int>, t: &[usize]) -> Tensor<1> {
        let s: Vec<usize> = t.iter().map(|t| t.checked_sub(1).expect("steps start at 1")).collect();
        let estimate = log_softmax(logits, 2); // [B, L, K]
        let model = self.transition.log_q_posterior(x_t.clone(), estimate.clone(), &s, t); // [B, L, S]
        let last = t.contains(&1).then(|| {
            let decoder = match self.decoder {
                Decoder::Posterior => model.clone(),
                Decoder::Direct => estimate,
            };
            sum_positions(at_class(decoder, x0.clone())).neg()
        });
        if let (Some(last), true) = (&last, t.iter().all(|&t| t == 1)) {
            return last.clone();
        }
        let certain = log_one_hot(x0, self.transition.classes());
        let truth = self.transition.log_q_posterior(x_t, certain, &s, t); // [B, L, S]
        let divergence = (truth.clone().exp() * (truth - model)).sum_dims_squeeze(&[1, 2]);
        match last {
            Some(last) => {
                let is_last: Vec<bool> = t.iter().map(|&t| t == 1).collect();
                let is_last = Tensor::from_data(TensorData::new(is_last, [t.len()]), &last.device());
                divergence.mask_where(is_last, last)
            }
            None => divergence,
        }
    }

    /// `ln p(x_s | x_t)` of the model, `[B, L, S]`, for a step from `t` back to any `s < t`.
    ///
    /// # Shapes
    /// * `x_t`: `[B, L]`; `s`, `t`: steps `0 <= s < t <= T`, the same in all sequences
    ///
    /// # Panics
    /// If shapes do not fit or a step is out of range.
    pub fn reverse(&self, denoiser: &dyn Denoiser, x_t: Tensor<2, Int>, s: usize, t: usize) -> Tensor<3> {
        let [batch, _] = x_t.dims();
        let estimate = self.denoise_loo(denoiser, x_t.clone(), t);
        self.transition.log_q_posterior(x_t, estimate, &vec![s; batch], &vec![t; batch])
    }

    /// The network's estimate `ln x0_hat`, `[B, L, K]`. A network that minimises the bound gives
    /// `p(x_0^i | x_t^-i)` here: what position `i` should hold, given all *other* positions.
    ///
    /// # Shapes
    /// * `x_t`: `[B, L]`; `t`: the step of all sequences, in `1..=T`
    pub fn denoise_loo(&self, denoiser: &dyn Denoiser, x_t: Tensor<2, Int>, t: usize) -> Tensor<3> {
        let time = self.time(&vec![t; x_t.dims()[0]], &x_t.device());
        log_softmax(denoiser.logits(x_t, time), 2)
    }

    /// `ln p(x_0^i | x_t)`, `[B, L, S]` (the mask state never has probability): the estimate times `q(x_t^i | x_0^i)`, with
    /// the position's own token taken into account.
    ///
    /// # Shapes
    /// * `x_t`: `[B, L]`; `t`: the step of all sequences, in `1..=T`
    pub fn denoise_posterior(&self, denoiser: &dyn Denoiser, x_t: Tensor<2, Int>, t: usize) -> Tensor<3> {
        self.reverse(denoiser, x_t, 0, t)
    }

    /// The network's time input `t / T`, `[B]`.
    pub(super) fn time(&self, t: &[usize], device: &Device) -> Tensor<1> {
        let steps = self.steps() as f64;
        upload(t.iter().map(|&t| t as f64 / steps).collect(), [t.len()], device)
    }
}
