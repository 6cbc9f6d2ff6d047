//! Exact sampling of masked diffusion, one symbol at a time.

use super::draw::{categorical, one};
use super::{Canvas, Predictor, Sampler};
use crate::diffusion::continuous::{AlphaSchedule, Uniforms};

/// First-hitting sampling of masked diffusion (Zheng et al., 2024): the same law as infinitely many ancestral steps, by one pass of the
/// network for each symbol.
///
/// With `n` masks left, the masking rate falls to `rate u^{1/n}`, where one of the masks, all alike, gives way to a symbol drawn from
/// `xhat`. Sequences of a batch go side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct FirstHitting {
    /// How fast symbols were masked; it only decides the noise levels that the network is told.
    pub schedule: AlphaSchedule,
}

impl Sampler for FirstHitting {
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let classes = predictor.classes();
        let mut tokens = canvas.masked(classes);
        let mut rates = vec![1.0_f64; tokens.len()];
        loop {
            let masks: Vec<Vec<usize>> = tokens.iter().map(|row| positions_of(row, classes)).collect();
            if masks.iter().all(Vec::is_empty) {
                return tokens;
            }
            for (rate, masks) in rates.iter_mut().zip(&masks).filter(|(_, masks)| !masks.is_empty()) {
                *rate *= (1.0 - one(&mut *uniforms)).powf(1.0 / masks.len() as f64);
            }
            let time: Vec<f64> = rates.iter().map(|rate| self.schedule.time_of(1.0 - rate)).collect();
            let needed: Vec<bool> = masks.iter().map(|masks| !masks.is_empty()).collect();
            let guesses = predictor.probabilities(&tokens, &time, &needed);
            for ((row, guess), masks) in tokens.iter_mut().zip(guesses).zip(&masks).filter(|(_, m)| !m.is_empty()) {
                let position = masks[(one(&mut *uniforms) * masks.len() as f64) as usize];
                row[position] = categorical(&guess[position * classes..][..classes], one(&mut *uniforms));
            }
        }
    }
}

fn positions_of(row: &[usize], token: usize) -> Vec<usize> {
    row.iter().enumerate().filter(|&(_, &found)| found == token).map(|(position, _)| position).collect()
}
