//! The noise levels that a sampler steps through.

use std::f64::consts::FRAC_PI_2;

use crate::ModelError;
use crate::head::config_error;

/// The noise levels that a sampler steps through, from 1 down to 0.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeGrid(Vec<f64>);

impl TimeGrid {
    /// Levels `i / steps`.
    ///
    /// # Errors
    /// [`ModelError::Config`] for no steps.
    pub fn uniform(steps: usize) -> Result<Self, ModelError> {
        Self::mapped(steps, |t| t)
    }

    /// Levels `cos(pi/2 (1 - i / steps))`: small steps near all noise (MD4, Shi et al., 2024).
    ///
    /// # Errors
    /// [`ModelError::Config`] for no steps.
    pub fn cosine(steps: usize) -> Result<Self, ModelError> {
        Self::mapped(steps, |t| (FRAC_PI_2 * (1.0 - t)).cos())
    }

    fn mapped(steps: usize, map: impl Fn(f64) -> f64) -> Result<Self, ModelError> {
        if steps == 0 {
            config_error("TimeGrid", "steps", 0, "a sampler needs at least one step")?;
        }
        let mut levels: Vec<f64> = (0..=steps).rev().map(|i| map(i as f64 / steps as f64)).collect();
        levels[steps] = 0.0; // cos(pi/2) is 6e-17
        Ok(Self(levels))
    }

    /// The levels, falling from 1 to 0.
    pub fn levels(&self) -> &[f64] {
        &self.0
    }

    /// The steps, each from a level `t` to a lower one `s`.
    pub fn steps(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.0.windows(2).map(|pair| (pair[0], pair[1]))
    }
}
