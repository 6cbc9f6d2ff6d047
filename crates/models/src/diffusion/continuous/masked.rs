//! Masked diffusion: symbols turn into masks, and the network fills them in.

use burn::tensor::{Int, Tensor};

use super::numeric::{log_predictions, repeat_each};
use super::{AlphaSchedule, ContinuousBound, Corruption, NoiseKind};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{at_class, sum_positions, upload};
use crate::head::config_error;

/// Masked diffusion in its simplified form (MDLM, Sahoo et al., 2024; MD4, Shi et al., 2024).
///
/// `-ln p(x_0) <= E_t[ -alpha'_t / (1 - alpha_t) sum_{l masked} -ln xhat_l(x_0,l) ]`: a cross-entropy of the masked symbols. The network
/// never proposes the mask (its logits have `K` entries), and visible symbols are carried over, so they cost nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Masked {
    /// Number of classes `K`; the mask has the id `K`.
    pub classes: usize,
    /// How fast symbols are masked.
    pub schedule: AlphaSchedule,
    /// `T` of the bound in discrete time, with the weight `T (alpha_s - alpha_t) / (1 - alpha_t)` at `s = t - 1/T`; continuous time if
    /// none.
    pub steps: Option<usize>,
    /// Whether the network is told no noise level (it gets 0): the best guess depends on the visible symbols only.
    pub time_free: bool,
}

impl Masked {
    /// Masked diffusion in continuous time, with a network that knows the noise level.
    ///
    /// # Errors
    /// [`ModelError::Config`] for no class or a schedule that cannot work.
    pub fn new(classes: usize, schedule: AlphaSchedule) -> Result<Self, ModelError> {
        if classes == 0 {
            config_error("Masked", "classes", 0, "a symbol needs at least one class")?;
        }
        schedule.check()?;
        Ok(Self { classes, schedule, steps: None, time_free: false })
    }

    /// The same in `steps` discrete steps.
    ///
    /// # Errors
    /// [`ModelError::Config`] for no steps.
    pub fn with_steps(self, steps: usize) -> Result<Self, ModelError> {
        if steps == 0 {
            config_error("Masked", "steps", 0, "discrete time needs at least one step")?;
        }
        Ok(Self { steps: Some(steps), ..self })
    }

    /// The same with a network that is not told the noise level.
    pub fn with_time_free(self, time_free: bool) -> Self {
        Self { time_free, ..self }
    }

    /// The noise level that is used for a drawn one: itself, or the end of its discrete step.
    pub fn level(&self, t: f64) -> f64 {
        match self.steps {
            // 3 * 0.2 is more than 0.6: the end of a step must not count as the start of the next
            Some(steps) => (t * steps as f64 - 1e-9).ceil().max(1.0) / steps as f64,
            None => t,
        }
    }

    /// Weight of a masked symbol's cross-entropy at a level of [`level`](Self::level).
    pub fn weight(&self, t: f64) -> f64 {
        match self.steps {
            Some(steps) => {
                let earlier = (t - 1.0 / steps as f64).max(0.0);
                let rate = self.schedule.noise_rate(t);
                let freed = rate - self.schedule.noise_rate(earlier); // alpha_s - alpha_t
                if rate > 0.0 { steps as f64 * freed / rate } else { 0.0 }
            }
            None => self.schedule.denoising_rate(t),
        }
    }
}

impl<'n> ContinuousBound<dyn Denoiser + 'n> for Masked {
    fn classes(&self) -> usize {
        self.classes
    }

    fn input_codes(&self) -> usize {
        NoiseKind::Mask.input_codes(self.classes)
    }

    fn loss(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        let [batch, length] = x0.dims();
        let device = x0.device();
        let levels: Vec<f64> = t.iter().map(|&t| self.level(t)).collect();
        let alpha: Vec<f64> = levels.iter().map(|&t| self.schedule.alpha(t)).collect();
        let shape = [batch, length];
        let noise = Corruption::draw(NoiseKind::Mask, self.classes, &repeat_each(&alpha, length), uniforms, shape);
        let told = if self.time_free { vec![0.0; batch] } else { levels.clone() };

        let log_p = at_class(log_predictions(denoiser, noise.apply(x0.clone()), &told), x0); // [B, L]
        let weights: Vec<f64> = levels.iter().map(|&t| -self.weight(t)).collect();
        let weighted = log_p * upload(weights, [batch, 1], &device);
        let bound = sum_positions(weighted.mask_fill(noise.kept(&device), 0.0));
        let ends = NoiseKind::Mask.boundary(self.classes, self.schedule.alpha(0.0), self.schedule.alpha(1.0));
        bound + ends * length as f64
    }
}
