//! How much of the data is left at a noise level: `alpha(t)`, its slope and what follows from them, in f64 on the host.

use std::f64::consts::FRAC_PI_2;

use burn::config::Config;

use crate::ModelError;
use crate::head::config_error;

/// The probability `alpha(t)` that a symbol is still untouched at the noise level `t` in `[0, 1]`, falling in `t`.
///
/// Every schedule gives the same bound of a perfect network; they differ in the variance of its estimate and in what a real network
/// finds easy.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum AlphaSchedule {
    /// `1 - t` (Sahoo et al., 2024; Shi et al., 2024).
    Linear,
    /// `1 - cos(pi/2 (1 - t))` (Shi et al., 2024).
    Cosine,
    /// `1 - t^power` (Shi et al., 2024).
    Polynomial {
        /// The exponent, above 0.
        power: f64,
    },
    /// `(1 - t)^power`: the path `kappa(s) = s^power` of flow matching, at `s = 1 - t` (Gat et al., 2024).
    PowerPath {
        /// The exponent, at least 1: below, the slope at `t = 1` would be infinite.
        power: f64,
    },
    /// `1 - (1 - epsilon) t`, so that the total noise is `-ln(1 - (1 - epsilon) t)` (Lou et al., 2024: epsilon = 1e-3).
    LogLinear {
        /// What is left at `t = 1`, in `[0, 1)`.
        epsilon: f64,
    },
    /// `exp(-low^(1 - t) high^t)`: the total noise grows geometrically (Lou et al., 2024: 1e-4 to 20).
    Geometric {
        /// Total noise at `t = 0`, above 0.
        low: f64,
        /// Total noise at `t = 1`, above `low`.
        high: f64,
    },
}

impl AlphaSchedule {
    /// Whether the parameters make sense.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the parameter and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "AlphaSchedule";
        match *self {
            Self::Linear | Self::Cosine => Ok(()),
            Self::Polynomial { power } if power > 0.0 && power.is_finite() => Ok(()),
            Self::Polynomial { power } => config_error(NAME, "power", power, "it must be above 0 and finite"),
            Self::PowerPath { power } if power >= 1.0 && power.is_finite() => Ok(()),
            Self::PowerPath { power } => config_error(NAME, "power", power, "it must be at least 1 and finite"),
            Self::LogLinear { epsilon } if (0.0..1.0).contains(&epsilon) => Ok(()),
            Self::LogLinear { epsilon } => config_error(NAME, "epsilon", epsilon, "it must be in [0, 1)"),
            Self::Geometric { low, high } if low > 0.0 && high > low && high.is_finite() => Ok(()),
            Self::Geometric { low, high } => {
                config_error(NAME, "low, high", format!("{low}, {high}"), "0 < low < high < infinity must hold")
            }
        }
    }

    /// `alpha(t)`.
    pub fn alpha(&self, t: f64) -> f64 {
        match *self {
            Self::PowerPath { power } => (1.0 - t).powf(power),
            Self::Geometric { .. } => (-self.total_noise(t)).exp(),
            // The angle of the mask rate's sine loses digits near t = 1.
            Self::Cosine => 2.0 * (0.5 * FRAC_PI_2 * (1.0 - t)).sin().powi(2),
            _ => 1.0 - self.noise_rate(t),
        }
    }

    /// `1 - alpha(t)`, without the rounding of that difference at low noise.
    pub fn noise_rate(&self, t: f64) -> f64 {
        match *self {
            Self::Linear => t,
            Self::Cosine => (FRAC_PI_2 * t).sin(),
            Self::Polynomial { power } => t.powf(power),
            Self::PowerPath { power } => -(power * (-t).ln_1p()).exp_m1(),
            Self::LogLinear { epsilon } => (1.0 - epsilon) * t,
            Self::Geometric { .. } => -(-self.total_noise(t)).exp_m1(),
        }
    }

    /// `d alpha / dt`, at most 0.
    pub fn slope(&self, t: f64) -> f64 {
        match *self {
            Self::Linear => -1.0,
            Self::Cosine => -FRAC_PI_2 * (FRAC_PI_2 * t).cos(),
            Self::Polynomial { power } => -power * t.powf(power - 1.0),
            Self::PowerPath { power } => -power * (1.0 - t).powf(power - 1.0),
            Self::LogLinear { epsilon } => epsilon - 1.0,
            Self::Geometric { low, high } => -self.total_noise(t) * (high / low).ln() * self.alpha(t),
        }
    }

    /// The total noise `sigma(t) = -ln alpha(t)`.
    pub fn total_noise(&self, t: f64) -> f64 {
        match *self {
            Self::Geometric { low, high } => (low.ln() * (1.0 - t) + high.ln() * t).exp(),
            _ => -(-self.noise_rate(t)).ln_1p(),
        }
    }

    /// The noise that is added at `t`: `sigma'(t) = -alpha'(t) / alpha(t)`; 0 where nothing is left to be noised.
    pub fn noise_growth(&self, t: f64) -> f64 {
        match *self {
            Self::Geometric { low, high } => self.total_noise(t) * (high / low).ln(),
            _ if self.alpha(t) > 0.0 => -self.slope(t) / self.alpha(t),
            _ => 0.0,
        }
    }

    /// The rate at which noise is taken off a noisy symbol at `t`, `-alpha'(t) / (1 - alpha(t))`: the weight of the bounds; 0 where
    /// there is no noise.
    pub fn denoising_rate(&self, t: f64) -> f64 {
        let noise = self.noise_rate(t);
        if noise > 0.0 { -self.slope(t) / noise } else { 0.0 }
    }

    /// The noise level `t` with `alpha(t) = alpha`, kept within `[0, 1]`.
    pub fn time_of(&self, alpha: f64) -> f64 {
        let noise = 1.0 - alpha;
        let t = match *self {
            Self::Linear => noise,
            Self::Cosine => noise.clamp(0.0, 1.0).asin() / FRAC_PI_2,
            Self::Polynomial { power } => noise.max(0.0).powf(1.0 / power),
            Self::PowerPath { power } => 1.0 - alpha.max(0.0).powf(1.0 / power),
            Self::LogLinear { epsilon } => noise / (1.0 - epsilon),
            Self::Geometric { low, high } => (-alpha.max(f64::MIN_POSITIVE).ln() / low).ln() / (high / low).ln(),
        };
        // No noise at all has no level in a geometric schedule: the logarithm is not a number, and the lowest level is right.
        if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) }
    }
}
