//! Score entropy discrete diffusion.

use burn::tensor::{Int, Tensor};
use halation_kernels::log_softmax;

use super::numeric::{repeat_each, score_entropy};
use super::udlm::{implied_log_ratios, true_log_ratios};
use super::{AlphaSchedule, ContinuousBound, Corruption, NoiseKind, SeddScore};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{at_class, one_hot, sum_positions, upload};
use crate::head::config_error;

/// Score entropy discrete diffusion (Lou et al., 2024): the network gives the ratios of probabilities that reverse the noise.
///
/// With the total noise `sigma`, log-scores `s_y` and the true ratios `r_y = q(y | x_0) / q(x_t | x_0)` the loss is
/// `sigma'(t) sum_y Q(y) (e^{s_y} - r_y s_y + r_y (ln r_y - 1))`:
/// * masks: over masked positions, `Q = 1`, and `r` is `1 / (e^sigma - 1)` at `x_0` and 0 elsewhere;
/// * uniform noise: over all positions, `Q = 1 / K`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sedd {
    /// Number of classes `K`.
    pub classes: usize,
    /// What the noise is.
    pub noise: NoiseKind,
    /// How fast it grows: the paper has log-linear noise for masks, geometric for uniform noise.
    pub schedule: AlphaSchedule,
    /// How outputs become scores.
    pub score: SeddScore,
}

impl Sedd {
    /// The paper's settings: masks with log-linear noise of epsilon 1e-3 and scaled scores, or uniform noise with geometric noise from
    /// 1e-4 to 20 and direct ones.
    ///
    /// # Errors
    /// [`ModelError::Config`] for too few classes.
    pub fn new(classes: usize, noise: NoiseKind) -> Result<Self, ModelError> {
        let (schedule, score) = match noise {
            NoiseKind::Mask => (AlphaSchedule::LogLinear { epsilon: 1e-3 }, SeddScore::Scaled),
            NoiseKind::Uniform => (AlphaSchedule::Geometric { low: 1e-4, high: 20.0 }, SeddScore::Direct),
        };
        if noise.input_codes(classes) < 2 {
            config_error("Sedd", "classes", classes, "a ratio needs two codes")?;
        }
        Ok(Self { classes, noise, schedule, score })
    }

    /// The same with another schedule.
    ///
    /// # Errors
    /// [`ModelError::Config`] for a schedule that cannot work.
    pub fn with_schedule(self, schedule: AlphaSchedule) -> Result<Self, ModelError> {
        schedule.check()?;
        Ok(Self { schedule, ..self })
    }

    /// The same with another reading of the network's outputs.
    pub fn with_score(self, score: SeddScore) -> Self {
        Self { score, ..self }
    }

    /// The log-scores `ln p_t(y) / p_t(x_t)` of each class `y`; uniform noise has exactly 0 at `y = x_t`, and masks mean those of
    /// masked positions only.
    ///
    /// # Shapes
    /// * `logits`: `[B, L, K]`, outputs of the network; `tokens`: `[B, L]`; `t`: `B` levels
    /// * returns: `[B, L, K]`
    pub fn log_scores(&self, logits: Tensor<3>, tokens: Tensor<2, Int>, t: &[f64]) -> Tensor<3> {
        let device = logits.device();
        let shift = |values: Vec<f64>| upload(values, [t.len(), 1, 1], &device);
        let scores = match (self.score, self.noise) {
            (SeddScore::Direct, _) => logits,
            (SeddScore::Scaled, _) => {
                let others = (self.input_codes() as f64 - 1.0).ln();
                logits + shift(t.iter().map(|&t| self.log_ratio_of_masks(t) - others).collect())
            }
            (SeddScore::Prediction, NoiseKind::Mask) => {
                log_softmax(logits, 2) + shift(t.iter().map(|&t| self.log_ratio_of_masks(t)).collect())
            }
            (SeddScore::Prediction, NoiseKind::Uniform) => {
                let alpha: Vec<f64> = t.iter().map(|&t| self.schedule.alpha(t)).collect();
                return implied_log_ratios(log_softmax(logits, 2), tokens, &alpha);
            }
        };
        match self.noise {
            NoiseKind::Mask => scores,
            NoiseKind::Uniform => scores.clone() * (one_hot(tokens, self.classes) * -1.0 + 1.0),
        }
    }

    /// `-ln(e^sigma - 1)`, the log-odds `ln(alpha / (1 - alpha))`.
    fn log_ratio_of_masks(&self, t: f64) -> f64 {
        let tiny = f64::from(f32::MIN_POSITIVE);
        self.schedule.alpha(t).max(tiny).ln() - self.schedule.noise_rate(t).max(tiny).ln()
    }
}

impl<'n> ContinuousBound<dyn Denoiser + 'n> for Sedd {
    fn classes(&self) -> usize {
        self.classes
    }

    fn input_codes(&self) -> usize {
        self.noise.input_codes(self.classes)
    }

    fn loss(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        let [batch, length] = x0.dims();
        let device = x0.device();
        let alpha: Vec<f64> = t.iter().map(|&t| self.schedule.alpha(t)).collect();
        let shape = [batch, length];
        let noise = Corruption::draw(self.noise, self.classes, &repeat_each(&alpha, length), uniforms, shape);
        let tokens = noise.apply(x0.clone());
        let logits = denoiser.logits(tokens.clone(), upload(t.to_vec(), [batch], &device));
        let scores = self.log_scores(logits, tokens.clone(), t);
        let growth = t.iter().map(|&t| self.schedule.noise_growth(t));
        let (cost, weights): (_, Vec<f64>) = match self.noise {
            NoiseKind::Mask => {
                let log_ratio: Vec<f64> = t.iter().map(|&t| self.log_ratio_of_masks(t)).collect();
                let log_ratio = upload(log_ratio, [batch, 1], &device);
                let gap = at_class(scores.clone(), x0) - log_ratio.clone();
                let cost = scores.exp().sum_dim(2).squeeze_dim::<2>(2) - log_ratio.exp() * (gap + 1.0);
                (cost.mask_fill(noise.kept(&device), 0.0), growth.collect())
            }
            NoiseKind::Uniform => {
                let ratios = true_log_ratios(x0, tokens, self.classes, &alpha);
                let cost = score_entropy(scores, ratios).sum_dim(2).squeeze_dim::<2>(2);
                (cost, growth.map(|growth| growth / self.classes as f64).collect())
            }
        };
        let ends = self.noise.boundary(self.classes, self.schedule.alpha(0.0), self.schedule.alpha(1.0));
        sum_positions(cost) * upload(weights, [batch], &device) + ends * length as f64
    }
}
