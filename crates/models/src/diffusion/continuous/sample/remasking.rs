//! Sampling of masked diffusion with second thoughts.

use super::draw::{categorical, one};
use super::{Canvas, Predictor, RemaskMode, Sampler, TimeGrid};
use crate::ModelError;
use crate::diffusion::continuous::{AlphaSchedule, Uniforms};
use crate::head::config_error;

/// Ancestral sampling in which visible symbols may turn into masks again (ReMDM, Wang et al., 2025); the network needs no other
/// training.
///
/// In a step from `t` to `s` a visible symbol becomes a mask with probability `sigma`, and a mask a symbol drawn from `xhat` with
/// probability `(alpha_s - (1 - sigma) alpha_t) / (1 - alpha_t)`: the marginals stay those of masked diffusion. `sigma =
/// (alpha_s - alpha_t) / alpha_t` would be the forward-backward corrector. Given symbols are never masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Remasking {
    schedule: AlphaSchedule,
    grid: TimeGrid,
    mode: RemaskMode,
}

impl Remasking {
    /// The sampler on a grid.
    ///
    /// # Errors
    /// [`ModelError::Config`] for a mode with a probability outside `[0, 1]`, or levels out of order.
    pub fn new(schedule: AlphaSchedule, grid: TimeGrid, mode: RemaskMode) -> Result<Self, ModelError> {
        let unit = 0.0..=1.0;
        let fits = match mode {
            RemaskMode::Cap { eta } | RemaskMode::Rescale { eta } => unit.contains(&eta),
            RemaskMode::Confidence => true,
            RemaskMode::Loop { on, off, held, sigma } => {
                0.0 < off && off < on && on < 1.0 && 0.0 < held && held < 1.0 && unit.contains(&sigma)
            }
        };
        if !fits {
            let expected = "probabilities must be in [0, 1], and 0 < off < on < 1 and 0 < held < 1 must hold";
            config_error("Remasking", "mode", format!("{mode:?}"), expected)?;
        }
        schedule.check()?;
        Ok(Self { schedule, grid, mode })
    }

    /// `alpha` at the level `t`: the schedule's, or that of the loop.
    pub fn alpha(&self, t: f64) -> f64 {
        match self.mode {
            RemaskMode::Loop { on, held, .. } if t > on => held * (1.0 - t) / (1.0 - on),
            RemaskMode::Loop { off, held, .. } if t < off => held + (1.0 - held) * (off - t) / off,
            RemaskMode::Loop { held, .. } => held,
            _ if t == 0.0 => 1.0,
            _ => self.schedule.alpha(t),
        }
    }

    /// The probability of remasking in a step from `t` to `s`; in [`RemaskMode::Confidence`] what the symbols of a sequence share.
    pub fn sigma(&self, t: f64, s: f64) -> f64 {
        let (alpha_t, alpha_s) = (self.alpha(t), self.alpha(s));
        let most = if alpha_t > 0.0 { ((1.0 - alpha_s) / alpha_t).min(1.0) } else { 1.0 };
        match self.mode {
            RemaskMode::Cap { eta } => most.min(eta),
            RemaskMode::Rescale { eta } => most * eta,
            RemaskMode::Confidence => most,
            RemaskMode::Loop { on, off, sigma, .. } if t <= on && s >= off => most.min(sigma),
            RemaskMode::Loop { .. } => 0.0,
        }
    }

    /// The probability that a mask gives way in a step from `t` to `s` where symbols are remasked with probability `sigma`.
    pub fn unmask(&self, t: f64, s: f64, sigma: f64) -> f64 {
        let (alpha_t, alpha_s) = (self.alpha(t), self.alpha(s));
        if alpha_t >= 1.0 { 1.0 } else { (alpha_s - (1.0 - sigma) * alpha_t) / (1.0 - alpha_t) }
    }
}

impl Sampler for Remasking {
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let mask = predictor.classes();
        let mut tokens = canvas.masked(mask);
        let [batch, length] = canvas.dims();
        let mut confidence = vec![vec![0.0_f64; length]; batch];
        for (t, s) in self.grid.steps() {
            let sigma = self.sigma(t, s);
            // Masks have no confidence, so no share of sigma: where it is shared, they give way as without remasking.
            let shared = self.mode == RemaskMode::Confidence;
            let unmask = self.unmask(t, s, if shared { 0.0 } else { sigma });
            let time = vec![self.schedule.time_of(self.alpha(t)); batch];
            let needed: Vec<bool> = tokens.iter().map(|row| row.contains(&mask)).collect();
            let guesses = predictor.probabilities(&tokens, &time, &needed);
            for (row, (sequence, guess)) in tokens.iter_mut().zip(guesses).enumerate() {
                let open = |position: usize, token: usize| token != mask && !canvas.is_given(row, position);
                let visible = sequence.iter().enumerate().filter(|&(position, &token)| open(position, token));
                let total: f64 = visible.map(|(position, _)| (-confidence[row][position]).exp()).sum();
                for (position, token) in sequence.iter_mut().enumerate() {
                    if canvas.is_given(row, position) {
                        continue;
                    }
                    let u = one(&mut *uniforms);
                    if *token == mask {
                        if u < unmask {
                            let guess = &guess[position * mask..][..mask]; // there is one where there are masks
                            *token = categorical(guess, one(&mut *uniforms));
                            confidence[row][position] = guess[*token];
                        }
                    } else if u < if shared { sigma * (-confidence[row][position]).exp() / total } else { sigma } {
                        *token = mask;
                    }
                }
            }
        }
        tokens
    }
}
