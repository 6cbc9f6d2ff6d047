//! From guesses that leave the own symbol out to the posterior.

use burn::tensor::{Int, Tensor};
use halation_kernels::log_softmax;

use super::AlphaSchedule;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{one_hot, upload};

/// A network under uniform noise as the posterior `p(x_0,l | x_t)`, where it guesses `p(x_0,l | x_t without l)` itself: the guess times
/// `q(x_t,l | x_0,l)`, normalised.
///
/// [`Udlm`](super::Udlm) trains towards the second; flows, and readers who want to know what stood there, need the first. The levels are
/// read back from the device.
pub struct KernelPosterior<'a> {
    /// The network that leaves its own symbol out.
    pub denoiser: &'a dyn Denoiser,
    /// How fast symbols were replaced.
    pub schedule: AlphaSchedule,
}

impl Denoiser for KernelPosterior<'_> {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        let logits = self.denoiser.logits(tokens.clone(), time.clone());
        let [batch, _, classes] = logits.dims();
        let levels = time.try_into_vec_as::<f64>().unwrap_or_else(|error| panic!("levels are floats: {error}"));
        // ln q(x | x) / q(x | y), finite also where there is no noise
        let lead = |t: f64| {
            let noise = self.schedule.noise_rate(t).max(f64::from(f32::MIN_POSITIVE));
            (classes as f64 * self.schedule.alpha(t) / noise).ln_1p()
        };
        let lead = upload(levels.into_iter().map(lead).collect(), [batch, 1, 1], &logits.device());
        log_softmax(logits + one_hot(tokens, classes) * lead, 2)
    }
}
