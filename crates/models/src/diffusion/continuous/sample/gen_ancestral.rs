//! Sampling of masked diffusion in which every class has a schedule of its own.

use super::draw::{categorical, one};
use super::{Canvas, Predictor, Sampler, TimeGrid};
use crate::ModelError;
use crate::diffusion::continuous::Uniforms;
use crate::head::config_error;

/// Ancestral sampling of [`GenMasked`](crate::diffusion::continuous::GenMasked) (GenMD4, Shi et al., 2024): a mask becomes class `k` with
/// probability `xhat_k (alpha_s,k - alpha_t,k) / (1 - alpha_t,k) = xhat_k (1 - (s / t)^{w_k})`, else it stays.
#[derive(Clone, Debug, PartialEq)]
pub struct GenAncestral {
    powers: Vec<f64>,
    grid: TimeGrid,
}

impl GenAncestral {
    /// The sampler with the powers `w` of each class, as
    /// [`GenMasked::powers`](crate::diffusion::continuous::GenMasked::powers) gives them.
    ///
    /// # Errors
    /// [`ModelError::Config`] for a power that is not above 0.
    pub fn new(powers: Vec<f64>, grid: TimeGrid) -> Result<Self, ModelError> {
        if let Some(power) = powers.iter().find(|power| !(**power > 0.0 && power.is_finite())) {
            config_error("GenAncestral", "powers", power, "every power must be above 0 and finite")?;
        }
        Ok(Self { powers, grid })
    }
}

impl Sampler for GenAncestral {
    /// # Panics
    /// If there is not one power for each class.
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let mask = predictor.classes();
        assert_eq!(self.powers.len(), mask, "one power for each class");
        let mut tokens = canvas.masked(mask);
        for (t, s) in self.grid.steps() {
            let needed: Vec<bool> = tokens.iter().map(|row| row.contains(&mask)).collect();
            if !needed.contains(&true) {
                break;
            }
            let guesses = predictor.probabilities(&tokens, &vec![t; needed.len()], &needed);
            for (sequence, guess) in tokens.iter_mut().zip(guesses) {
                for (position, token) in sequence.iter_mut().enumerate().filter(|(_, token)| **token == mask) {
                    let guess = &guess[position * mask..][..mask];
                    let becomes = |(p, w): (&f64, &f64)| p * (1.0 - (s / t).powf(*w));
                    let mut weights: Vec<f64> = guess.iter().zip(&self.powers).map(becomes).collect();
                    let stay = 1.0 - weights.iter().sum::<f64>();
                    // Nothing stays in the last step, not even what rounding leaves.
                    weights.push(if s == 0.0 { 0.0 } else { stay.max(0.0) });
                    *token = categorical(&weights, one(&mut *uniforms));
                }
            }
        }
        tokens
    }
}
