//! The levels of a noise process in discrete time.

use std::f64::consts::FRAC_PI_2;

use super::CosineVariant;
use super::monotone_cubic::MonotoneCubic;
use crate::ModelError;
use crate::head::config_error;

/// Levels that a schedule calls zero; log space has no zero.
const SMALLEST: f64 = 1e-30;
/// Offset `s` of the cosine schedule.
const COSINE_OFFSET: f64 = 0.008;
/// Grid of the mutual-information schedule.
const EXPONENTS: usize = 256;

/// What is left of the clean class after `t` of `T` steps: `abar_t`, with `abar_0 = 1` and `alpha_t = abar_t / abar_(t-1)`.
///
/// Kept as logarithms in `f64` on the host; tensors get what they need as `f32`.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseSchedule {
    log_abar: Vec<f64>,
}

impl NoiseSchedule {
    /// A schedule from `ln abar_t` for `t = 1..=T`.
    ///
    /// # Errors
    /// If there is no step, or a level is not finite, above its predecessor or above one.
    pub fn from_log_levels(levels: &[f64]) -> Result<Self, ModelError> {
        if levels.is_empty() {
            config_error("NoiseSchedule", "steps", 0, "at least one step is needed")?;
        }
        let log_abar: Vec<f64> = std::iter::once(0.0).chain(levels.iter().copied()).collect();
        if let Some(pair) = log_abar.windows(2).find(|pair| !pair[1].is_finite() || pair[1] > pair[0]) {
            let found = format!("{} after {}", pair[1], pair[0]);
            config_error("NoiseSchedule", "levels", found, "they must be finite and never rise")?;
        }
        Ok(Self { log_abar })
    }

    /// `abar_t = f(t) / f(0)` with `f(t) = cos((t/T + s) / (1 + s) pi / 2)`, `s = 0.008` (Hoogeboom et al. 2021, section 5;
    /// no square: this is the root of the level that Gaussian diffusion uses).
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn cosine(steps: usize, variant: CosineVariant) -> Result<Self, ModelError> {
        let level = |t: usize| ((t as f64 / steps as f64 + COSINE_OFFSET) / (1.0 + COSINE_OFFSET) * FRAC_PI_2).cos();
        let mut log_abar = 0.0;
        let levels: Vec<f64> = (1..=steps)
            .map(|t| {
                let squared_ratio = (level(t) / level(t - 1)).powi(2).min(1.0);
                let floor = match variant {
                    CosineVariant::Clipped => 1e-3,
                    CosineVariant::Exact => SMALLEST * SMALLEST,
                };
                log_abar += 0.5 * squared_ratio.max(floor).ln();
                log_abar
            })
            .collect();
        Self::from_log_levels(&levels)
    }

    /// `beta_t = 1 - alpha_t` on a line from `first` to `last` (Austin et al. 2021 use 1e-4 to 0.02 with Gaussian noise).
    ///
    /// # Errors
    /// If `steps` is zero or an end is not in `(0, 1)`.
    pub fn linear(steps: usize, first: f64, last: f64) -> Result<Self, ModelError> {
        for (field, beta) in [("first", first), ("last", last)] {
            if !(beta > 0.0 && beta < 1.0) {
                config_error("NoiseSchedule", field, beta, "it must lie between 0 and 1")?;
            }
        }
        let mut log_abar = 0.0;
        let levels: Vec<f64> = (0..steps)
            .map(|index| {
                let fraction = if steps > 1 { index as f64 / (steps - 1) as f64 } else { 0.0 };
                log_abar += (-(first + (last - first) * fraction)).ln_1p();
                log_abar
            })
            .collect();
        Self::from_log_levels(&levels)
    }

    /// `beta_t = 1 / (T - t + 1)`, so `abar_t = 1 - t/T`: as many positions are hit at every step (Austin et al. 2021).
    ///
    /// # Errors
    /// If `steps` is zero.
    pub fn absorbing(steps: usize) -> Result<Self, ModelError> {
        let levels: Vec<f64> = (1..=steps).map(|t| ((steps - t) as f64 / steps as f64).max(SMALLEST).ln()).collect();
        Self::from_log_levels(&levels)
    }

    /// Levels at which the mutual information between `x_t` and `x_0` falls on a line, `I(x_t; x_0) / H(x_0) = 1 - t/T`
    /// (Austin et al. 2021), by monotone cubic interpolation over 256 exponents `-ln abar` from 1e-4 to 1e5.
    ///
    /// `kernel(e)` is the transition matrix at `abar = exp(-e)`, row-major `[K, K]`, row = clean class; `classes` are
    /// the probabilities of the clean classes.
    ///
    /// # Errors
    /// If `steps` is zero or the classes have no entropy.
    pub fn mutual_information(
        steps: usize,
        classes: &[f64],
        kernel: impl Fn(f64) -> Vec<f64>,
    ) -> Result<Self, ModelError> {
        let entropy = entropy(classes);
        if !(entropy > 0.0 && entropy.is_finite()) {
            config_error("NoiseSchedule", "classes", entropy, "clean classes need an entropy above zero")?;
        }
        let log_exponent = |index: usize| (1e-4_f64).ln() + (1e9_f64).ln() * index as f64 / (EXPONENTS - 1) as f64;
        let mut points: Vec<(f64, f64)> = Vec::with_capacity(EXPONENTS); // (share of the information, ln exponent)
        for index in (0..EXPONENTS).rev() {
            let share = information(classes, &kernel(log_exponent(index).exp())) / entropy;
            if points.last().is_none_or(|&(last, _)| share > last) {
                points.push((share, log_exponent(index)));
            }
        }
        let curve = MonotoneCubic::new(points);
        let mut lowest = 0.0_f64;
        let levels: Vec<f64> = (1..=steps)
            .map(|t| {
                lowest = lowest.min(-curve.at(1.0 - t as f64 / steps as f64).exp());
                lowest
            })
            .collect();
        Self::from_log_levels(&levels)
    }

    /// Number of steps `T`.
    pub fn steps(&self) -> usize {
        self.log_abar.len() - 1
    }

    /// `ln abar_t`, `t` in `0..=T`.
    pub fn log_abar(&self, t: usize) -> f64 {
        self.log_abar[t]
    }

    /// `abar_t`, `t` in `0..=T`.
    pub fn abar(&self, t: usize) -> f64 {
        self.log_abar[t].exp()
    }

    /// `ln(1 - abar_t)`; `ln 1e-40` at `t = 0`.
    pub fn log_one_minus_abar(&self, t: usize) -> f64 {
        log_one_minus_exp(self.log_abar[t])
    }

    /// `alpha_t = abar_t / abar_(t-1)`, `t` in `1..=T`.
    pub fn alpha(&self, t: usize) -> f64 {
        self.log_alpha(t - 1, t).exp()
    }

    /// `beta_t = 1 - alpha_t`, `t` in `1..=T`.
    pub fn beta(&self, t: usize) -> f64 {
        -self.log_alpha(t - 1, t).exp_m1()
    }

    /// `ln alpha_(t|s) = ln abar_t - ln abar_s`, the step from `s` to `t >= s` at once.
    pub fn log_alpha(&self, s: usize, t: usize) -> f64 {
        self.log_abar[t] - self.log_abar[s]
    }

    /// `ln(1 - alpha_(t|s))`, at least `ln 1e-40`.
    pub fn log_one_minus_alpha(&self, s: usize, t: usize) -> f64 {
        log_one_minus_exp(self.log_alpha(s, t))
    }
}

fn entropy(probabilities: &[f64]) -> f64 {
    -probabilities.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

/// `I(x_t; x_0)` in nats.
fn information(classes: &[f64], kernel: &[f64]) -> f64 {
    let k = classes.len();
    let marginal: Vec<f64> = (0..k).map(|j| (0..k).map(|i| classes[i] * kernel[i * k + j]).sum()).collect();
    let conditional: f64 = classes.iter().zip(kernel.chunks(k)).map(|(p, row)| p * entropy(row)).sum();
    entropy(&marginal) - conditional
}

/// `ln(1 - e^x)` for `x <= 0` without cancellation, and never below `ln 1e-40`.
fn log_one_minus_exp(x: f64) -> f64 {
    let rest = -x.exp_m1();
    if rest > 0.0 { rest.ln().max(-92.103_403_719_761_83) } else { -92.103_403_719_761_83 }
}
