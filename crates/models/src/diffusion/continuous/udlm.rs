//! Uniform diffusion in continuous time.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::log_add_exp;

use super::numeric::{log_predictions, repeat_each, score_entropy};
use super::{AlphaSchedule, ContinuousBound, Corruption, NoiseKind};
use crate::ModelError;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::{at_class, one_hot, sum_positions, upload};
use crate::head::config_error;

/// Below this `alpha`, the bound's bracket, of the order of `alpha^2`, is taken as zero beside its weight `1 / alpha`.
const NO_DATA: f64 = 1e-12;

/// Uniform diffusion by its bound in continuous time (UDLM, Schiff et al., 2024; the same bound in Duo, Sahoo et al., 2025).
///
/// With `xbar = K alpha x_0 + 1 - alpha`, `ybar = K alpha xhat + 1 - alpha` and the noisy symbol `z`, a position costs
/// `alpha' / (K alpha) (K / xbar_z - K / ybar_z - sum_j xbar_j / xbar_z ln(ybar_z xbar_j / (ybar_j xbar_z)))`, here written as the score
/// entropy of the ratios `ybar_j / ybar_z` against `xbar_j / xbar_z`, which has no differences of large terms.
///
/// The bound is tight for the leave-one-out guess: the network should give `p(x_0,l | x_t without l)`, so ignore its own noisy symbol.
#[derive(Clone, Debug, PartialEq)]
pub struct Udlm {
    /// Number of classes `K`.
    pub classes: usize,
    /// How fast symbols are replaced.
    pub schedule: AlphaSchedule,
}

impl Udlm {
    /// Uniform diffusion over `classes` classes.
    ///
    /// # Errors
    /// [`ModelError::Config`] below two classes, or for a schedule that cannot work.
    pub fn new(classes: usize, schedule: AlphaSchedule) -> Result<Self, ModelError> {
        if classes < 2 {
            config_error("Udlm", "classes", classes, "uniform noise needs at least two classes")?;
        }
        schedule.check()?;
        Ok(Self { classes, schedule })
    }
}

/// `ln(K alpha xhat + 1 - alpha)`, less its entry at the symbol `z`: the log-ratios `ln p_t(y) / p_t(z)` that the guesses imply.
///
/// # Shapes
/// * `log_predictions`: `[B, L, K]`; `z`: `[B, L]`; `alpha`: `B` values
/// * returns: `[B, L, K]`, zero at `z`
pub(super) fn implied_log_ratios(log_predictions: Tensor<3>, z: Tensor<2, Int>, alpha: &[f64]) -> Tensor<3> {
    let [batch, _, classes] = log_predictions.dims();
    let device = log_predictions.device();
    let log = |value: f64| value.max(f64::from(f32::MIN_POSITIVE)).ln();
    let data = alpha.iter().map(|alpha| log(classes as f64 * alpha)).collect();
    let noise = alpha.iter().map(|alpha| log(1.0 - alpha)).collect();
    let data = log_predictions.clone() + upload(data, [batch, 1, 1], &device);
    let noise = upload(noise, [batch, 1, 1], &device).expand(data.dims());
    let mixed = log_add_exp(data, noise);
    let own = at_class(mixed.clone(), z).unsqueeze_dim::<3>(2);
    mixed - own
}

/// The true log-ratios `ln q(y | x_0) / q(z | x_0)` of uniform noise, `[B, L, K]`.
pub(super) fn true_log_ratios(x0: Tensor<2, Int>, z: Tensor<2, Int>, classes: usize, alpha: &[f64]) -> Tensor<3> {
    let [batch, _] = x0.dims();
    let device = x0.device();
    // ln q(x_0 | x_0) / q(y | x_0), finite also where there is no noise
    let lead = |alpha: f64| (classes as f64 * alpha / (1.0 - alpha).max(f64::from(f32::MIN_POSITIVE))).ln_1p();
    let lead = upload(alpha.iter().map(|&alpha| lead(alpha)).collect(), [batch, 1, 1], &device);
    let untouched = x0.clone().equal(z).float().unsqueeze_dim::<3>(2); // [B, L, 1]
    (one_hot(x0, classes) - untouched) * lead
}

impl<'n> ContinuousBound<dyn Denoiser + 'n> for Udlm {
    fn classes(&self) -> usize {
        self.classes
    }

    fn input_codes(&self) -> usize {
        self.classes
    }

    fn loss(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        let [batch, length] = x0.dims();
        let alpha: Vec<f64> = t.iter().map(|&t| self.schedule.alpha(t)).collect();
        let kind = NoiseKind::Uniform;
        let noise = Corruption::draw(kind, self.classes, &repeat_each(&alpha, length), uniforms, [batch, length]);
        let z = noise.apply(x0.clone());

        let log_score = implied_log_ratios(log_predictions(denoiser, z.clone(), t), z.clone(), &alpha);
        let log_ratio = true_log_ratios(x0, z, self.classes, &alpha);
        let entropy = score_entropy(log_score, log_ratio).sum_dim(2).squeeze_dim::<2>(2); // [B, L]
        let weight = |(&t, &alpha): (&f64, &f64)| match alpha > NO_DATA {
            true => self.schedule.noise_growth(t) / self.classes as f64,
            false => 0.0,
        };
        let weights = upload(t.iter().zip(&alpha).map(weight).collect(), [batch], &entropy.device());
        let ends = kind.boundary(self.classes, self.schedule.alpha(0.0), self.schedule.alpha(1.0));
        sum_positions(entropy) * weights + ends * length as f64
    }
}
