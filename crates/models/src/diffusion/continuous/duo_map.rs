//! Uniform diffusion as the argmax of Gaussian diffusion.

use std::f64::consts::{PI, SQRT_2};

use super::erf::erfc;
use crate::ModelError;
use crate::head::config_error;

/// Steps for each unit of the quadrature; the trapezoid rule on a Gaussian is exact to rounding long before.
const STEPS: usize = 64;
/// Half the width of the quadrature, in standard deviations.
const WIDTH: usize = 10;

/// What Gaussian diffusion of one-hot vectors is to their largest entry (Duo, Sahoo et al., 2025):
/// `argmax(a x + sqrt(1 - a^2) e)` is uniform diffusion with `alpha = (K P - 1) / (K - 1)` and
/// `P = int phi(z - m) Phi(z)^{K-1} dz`, `m = a / sqrt(1 - a^2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuoMap {
    classes: usize,
}

impl DuoMap {
    /// The map for `classes` classes.
    ///
    /// # Errors
    /// [`ModelError::Config`] below two classes.
    pub fn new(classes: usize) -> Result<Self, ModelError> {
        if classes < 2 {
            config_error("DuoMap", "classes", classes, "an argmax needs at least two classes")?;
        }
        Ok(Self { classes })
    }

    /// `alpha` of the uniform diffusion for the Gaussian coefficient `a` in `[0, 1]`.
    pub fn alpha(&self, gaussian: f64) -> f64 {
        if gaussian >= 1.0 {
            return 1.0;
        }
        let shift = gaussian / (1.0 - gaussian * gaussian).sqrt();
        self.scaled(self.moment(shift, |_| 1.0), 1.0)
    }

    /// `d alpha / d a` at `a` in `[0, 1)`; 0 at 1.
    pub fn slope(&self, gaussian: f64) -> f64 {
        if gaussian >= 1.0 {
            return 0.0;
        }
        let rest = 1.0 - gaussian * gaussian;
        self.scaled(self.moment(gaussian / rest.sqrt(), |z| z), 0.0) * rest.powf(-1.5)
    }

    fn scaled(&self, integral: f64, offset: f64) -> f64 {
        let classes = self.classes as f64;
        (classes * integral - offset) / (classes - 1.0)
    }

    /// `int f(z) phi(z) Phi(z + shift)^{K-1} dz`.
    fn moment(&self, shift: f64, f: impl Fn(f64) -> f64) -> f64 {
        let step = 1.0 / STEPS as f64;
        (0..=2 * WIDTH * STEPS)
            .map(|index| {
                let z = index as f64 * step - WIDTH as f64;
                let below = (0.5 * erfc(-(z + shift) / SQRT_2)).powf(self.classes as f64 - 1.0);
                f(z) * (-0.5 * z * z).exp() / (2.0 * PI).sqrt() * below * step
            })
            .sum()
    }
}
