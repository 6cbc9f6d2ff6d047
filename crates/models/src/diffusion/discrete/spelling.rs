//! A denoiser as a spell checker.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::log_one_hot;
use halation_kernels::log_softmax;

use super::{DiscreteDiffusion, SpellMode};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::head::config_error;

/// What a spell checker proposes.
#[derive(Debug, Clone)]
pub struct Spelling {
    /// The best class at every position, `[B, L]`.
    pub proposals: Tensor<2, Int>,
    /// Log-probabilities of all classes under the [`SpellMode`], `[B, L, K]`.
    pub log_probs: Tensor<3>,
}

impl DiscreteDiffusion {
    /// Proposes a class for every position in one pass of the network; substitutions only (Hoogeboom et al. 2021,
    /// section 6.2). For a second pass, give it the proposals.
    ///
    /// It reads [`denoise_loo`](Self::denoise_loo), which under uniform noise is a guess from all *other* positions. The
    /// decoder `p(x_0 | x_1)` would never change anything: at `t = 1` it puts odds of a million to one on what it sees.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, classes; `t`: the step that the network is told, see
    ///   [`step_for_error_rate`](Self::step_for_error_rate)
    ///
    /// # Errors
    /// If `t` is not in `1..=T` or `eps` not in `[0, 1]`.
    pub fn spell_check(
        &self,
        denoiser: &dyn Denoiser,
        ids: Tensor<2, Int>,
        t: usize,
        mode: SpellMode,
    ) -> Result<Spelling, ModelError> {
        if !(1..=self.steps()).contains(&t) {
            config_error("DiscreteDiffusion", "t", t, "a step from 1 to the number of steps is needed")?;
        }
        let mut log_probs = self.denoise_loo(denoiser, ids.clone(), t);
        if let SpellMode::NoisyChannel { eps } = mode {
            if !(0.0..=1.0).contains(&eps) {
                config_error("SpellMode", "eps", eps, "a rate from 0 to 1 is needed")?;
            }
            let [_, _, classes] = log_probs.dims();
            let other = (eps / classes as f64).ln().max(-1e4); // no estimate is as small as that
            let same = (1.0 - eps + eps / classes as f64).ln();
            let observed = log_one_hot(ids, classes).exp(); // 1 or nearly 0
            log_probs = log_softmax(log_probs + observed * (same - other) + other, 2);
        }
        Ok(Spelling { proposals: log_probs.clone().argmax(2).squeeze_dim(2), log_probs })
    }

    /// The step at which the noise changes about this share of the positions, which is where the network expects as many
    /// errors as there are.
    pub fn step_for_error_rate(&self, rate: f64) -> usize {
        let gap = |t: &usize| (self.transition().change_probability(*t) - rate).abs();
        (1..=self.steps()).min_by(|a, b| gap(a).total_cmp(&gap(b))).unwrap_or(1)
    }
}
