//! Generation: the reverse chain over all steps or some of them.

use burn::tensor::{Int, Tensor};
use halation_kernels::log_softmax;

use super::{DiscreteDiffusion, FinalStep, SampleOptions};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{sample_class, upload};
use crate::head::config_error;

impl DiscreteDiffusion {
    /// All steps, `T, T - 1, .., 1`: ancestral sampling.
    pub fn all_steps(&self) -> Vec<usize> {
        (1..=self.steps()).rev().collect()
    }

    /// `count` steps spread evenly from `T` down, all of them if there are no more.
    pub fn some_steps(&self, count: usize) -> Vec<usize> {
        let (steps, count) = (self.steps(), count.clamp(1, self.steps()));
        (1..=count).rev().map(|index| (steps * index).div_ceil(count)).collect()
    }

    /// Draws sequences: `x_T` from the prior, then at each step `t` of `times` a jump to the next one in the list (at last
    /// to 0), by the posterior `q(x_s | x_t, x0_hat)` with `alpha_(t|s) = abar_t / abar_s`. The network is told the step of
    /// the full chain.
    ///
    /// Draws by the Gumbel-max trick, at last by [`FinalStep`].
    ///
    /// # Shapes
    /// * `shape`: `[B, L]`
    /// * `times`: falling, from `T` to at least 1
    /// * `noise`: gives uniform numbers in `[0, 1)` of the shape asked for, `[B, L, S]`: once for `x_T` and once a step
    /// * output: `[B, L]`, classes below `K`
    ///
    /// # Errors
    /// If `times` do not start at `T` or do not fall.
    ///
    /// # Panics
    /// If tensors have other shapes.
    pub fn sample(
        &self,
        denoiser: &dyn Denoiser,
        shape: [usize; 2],
        times: &[usize],
        mut options: SampleOptions<'_>,
        noise: &mut dyn FnMut([usize; 3]) -> Tensor<3>,
    ) -> Result<Tensor<2, Int>, ModelError> {
        if times.first() != Some(&self.steps()) || times.windows(2).any(|t| t[1] >= t[0]) || times.contains(&0) {
            let expected = "they must fall from the number of steps to at least 1";
            config_error("DiscreteDiffusion", "times", format!("{times:?}"), expected)?;
        }
        let ([batch, length], states) = (shape, self.transition().states());
        let hold = |x: Tensor<2, Int>, options: &SampleOptions<'_>| match &options.known {
            Some(known) => known.hold(x),
            None => x,
        };
        let uniforms = noise([batch, length, states]);
        let prior = upload(self.transition().log_prior(), [1, 1, states], &uniforms.device());
        let mut x = hold(sample_class(prior.expand([batch, length, states]), uniforms), &options);
        if let Some(watch) = &mut options.watch {
            watch(self.steps(), &x);
        }
        for (index, &t) in times.iter().enumerate() {
            let s = times.get(index + 1).copied().unwrap_or(0);
            let mut log_probs = self.reverse(denoiser, x.clone(), s, t); // [B, L, S]
            if let Some(guidance) = &options.guidance {
                let plain = self.reverse(guidance.unconditional, x, s, t);
                log_probs = log_softmax(log_probs * guidance.scale + plain * (1.0 - guidance.scale), 2);
            }
            let uniforms = noise([batch, length, states]);
            x = if s > 0 {
                sample_class(log_probs, uniforms)
            } else {
                // No class is hidden at the end.
                let classes = self.transition().classes();
                let log_probs = log_probs.narrow(2, 0, classes);
                match options.final_step {
                    FinalStep::Sample => sample_class(log_probs, uniforms.narrow(2, 0, classes)),
                    FinalStep::Argmax => log_probs.argmax(2).squeeze_dim(2),
                }
            };
            x = hold(x, &options);
            if let Some(watch) = &mut options.watch {
                watch(s, &x);
            }
        }
        Ok(x)
    }
}
