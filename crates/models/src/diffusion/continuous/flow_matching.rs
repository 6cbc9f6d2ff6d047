//! Discrete flow matching.

use burn::tensor::{Int, Tensor};

use super::numeric::{log_predictions, repeat_each};
use super::{AlphaSchedule, ContinuousBound, Corruption, FlowLoss, NoiseKind};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{at_class, sum_positions, upload};
use crate::head::config_error;

/// Discrete flow matching (Gat et al., 2024; Lipman et al., 2024) from masks or uniform noise to the data.
///
/// A symbol is the data's with probability `kappa`, else the source's. Papers let time run from source to data; here, as everywhere in
/// this crate, `t = 1` is all noise, and `kappa = alpha(t)`. The network gives the posterior `p(x_1 | x_t)`; the generalised KL of a
/// position is `-alpha'/(1 - alpha)` times `-(p(x_t) - d + (1 - d) ln p(x_1))` with `d = 1` where `x_t = x_1`.
///
/// With masks that is the bound of [`Masked`](super::Masked). With a uniform source it is loose even for a perfect network: use
/// [`Udlm`](super::Udlm) for likelihoods under uniform noise.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowMatching {
    /// Number of classes `K`.
    pub classes: usize,
    /// Where the flow starts.
    pub source: NoiseKind,
    /// The path: `kappa = alpha(t)`.
    pub schedule: AlphaSchedule,
    /// What training minimises.
    pub objective: FlowLoss,
}

impl FlowMatching {
    /// A flow from `source` that is trained on its bound.
    ///
    /// # Errors
    /// [`ModelError::Config`] for no class or a schedule that cannot work.
    pub fn new(classes: usize, source: NoiseKind, schedule: AlphaSchedule) -> Result<Self, ModelError> {
        if classes == 0 {
            config_error("FlowMatching", "classes", 0, "a symbol needs at least one class")?;
        }
        schedule.check()?;
        Ok(Self { classes, source, schedule, objective: FlowLoss::GeneralizedKl })
    }

    /// The same with another objective of training.
    pub fn with_objective(self, objective: FlowLoss) -> Self {
        Self { objective, ..self }
    }

    fn noise(&self, t: &[f64], uniforms: &[f64], [batch, length]: [usize; 2]) -> Corruption {
        let alpha: Vec<f64> = t.iter().map(|&t| self.schedule.alpha(t)).collect();
        Corruption::draw(self.source, self.classes, &repeat_each(&alpha, length), uniforms, [batch, length])
    }
}

impl<'n> ContinuousBound<dyn Denoiser + 'n> for FlowMatching {
    fn classes(&self) -> usize {
        self.classes
    }

    fn input_codes(&self) -> usize {
        self.source.input_codes(self.classes)
    }

    fn loss(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        let shape @ [batch, length] = x0.dims();
        let device = x0.device();
        let noise = self.noise(t, uniforms, shape);
        let tokens = noise.apply(x0.clone());
        let log_p = log_predictions(denoiser, tokens.clone(), t);
        let target = at_class(log_p.clone(), x0.clone()); // [B, L]
        let cost = match self.source {
            // A mask has no probability, and a visible symbol is certain.
            NoiseKind::Mask => -target.mask_fill(noise.kept(&device), 0.0),
            NoiseKind::Uniform => {
                let same = x0.equal(tokens.clone());
                let stay = at_class(log_p, tokens).exp();
                let hit = stay.clone() * -1.0 + 1.0;
                (-stay - target).mask_where(same, hit)
            }
        };
        let weights = upload(t.iter().map(|&t| self.schedule.denoising_rate(t)).collect(), [batch], &device);
        let ends = self.source.boundary(self.classes, self.schedule.alpha(0.0), self.schedule.alpha(1.0));
        sum_positions(cost) * weights + ends * length as f64
    }

    fn objective(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        if self.objective == FlowLoss::GeneralizedKl {
            return self.loss(denoiser, x0, t, uniforms);
        }
        let noise = self.noise(t, uniforms, x0.dims());
        let log_p = at_class(log_predictions(denoiser, noise.apply(x0.clone()), t), x0);
        sum_positions(match self.source {
            NoiseKind::Mask => -log_p.clone().mask_fill(noise.kept(&log_p.device()), 0.0),
            NoiseKind::Uniform => -log_p,
        })
    }
}
