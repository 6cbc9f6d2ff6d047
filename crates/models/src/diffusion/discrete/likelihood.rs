//! Estimators of the bound for evaluation.

use burn::tensor::{Int, Tensor};

use super::DiscreteDiffusion;
use crate::diffusion::denoiser::Denoiser;

impl DiscreteDiffusion {
    /// The bound on `-ln p(x_0)` from `n` steps for each sequence, in nats, without gradient.
    ///
    /// The steps of a sequence are stratified: one in each of `n` equal parts of `1..=T`, the place in the part rotated from
    /// sequence to sequence. Unbiased for every `n`; the standard error of a data set's mean is that of these values over
    /// sequences.
    ///
    /// # Shapes
    /// * `x0`: `[B, L]`; `time_uniforms`: `n` numbers in `[0, 1)`
    /// * `noise`: gives uniform numbers in `[0, 1)` of the shape asked for, `[B, L, S]`
    /// * output: `[B]`
    ///
    /// # Panics
    /// If `time_uniforms` is empty or shapes do not fit.
    pub fn nll_mc(
        &self,
        denoiser: &dyn Denoiser,
        x0: Tensor<2, Int>,
        time_uniforms: &[f64],
        noise: &mut dyn FnMut([usize; 3]) -> Tensor<3>,
    ) -> Tensor<1> {
        let [batch, _] = x0.dims();
        let (parts, steps) = (time_uniforms.len() as f64, self.steps());
        assert!(!time_uniforms.is_empty(), "at least one step");
        let mut sum = self.transition().prior_kl(x0.clone());
        for (part, uniform) in time_uniforms.iter().enumerate() {
            let t: Vec<usize> = (0..batch)
                .map(|row| {
                    let place = (uniform + row as f64 / batch as f64).fract();
                    (((part as f64 + place) / parts * steps as f64) as usize).min(steps - 1) + 1
                })
                .collect();
            sum = sum + self.term_at(denoiser, x0.clone(), &t, noise) * (steps as f64 / parts);
        }
        sum
    }

    /// The bound on `-ln p(x_0)` from all `T` steps, in nats, without gradient: `T` calls of the network, one noisy
    /// sequence at each step.
    ///
    /// # Shapes
    /// * `x0`: `[B, L]`; `noise`: as for [`nll_mc`](Self::nll_mc)
    /// * output: `[B]`
    ///
    /// # Panics
    /// If shapes do not fit.
    pub fn nll_full(
        &self,
        denoiser: &dyn Denoiser,
        x0: Tensor<2, Int>,
        noise: &mut dyn FnMut([usize; 3]) -> Tensor<3>,
    ) -> Tensor<1> {
        let [batch, _] = x0.dims();
        (1..=self.steps()).fold(self.transition().prior_kl(x0.clone()), |sum, t| {
            sum + self.term_at(denoiser, x0.clone(), &vec![t; batch], noise)
        })
    }

    fn term_at(
        &self,
        denoiser: &dyn Denoiser,
        x0: Tensor<2, Int>,
        t: &[usize],
        noise: &mut dyn FnMut([usize; 3]) -> Tensor<3>,
    ) -> Tensor<1> {
        let [batch, length] = x0.dims();
        let uniforms = noise([batch, length, self.transition().states()]);
        let x_t = self.transition().sample_t(x0.clone(), t, uniforms);
        let logits = denoiser.logits(x_t.clone(), self.time(t, &x0.device()));
        self.terms(logits, x0, x_t, t).detach()
    }
}
