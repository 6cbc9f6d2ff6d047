//! Which steps a batch trains, and what was learnt about them.

use serde::{Deserialize, Serialize};

use super::{DrawnTimes, TimeSamplerKind};
use crate::ModelError;
use crate::head::config_error;

/// Every step must have been seen more often than this before importance counts.
const WARM_UP: u64 = 10;
/// Share of the draws that a guarded sampler leaves to chance.
const GUARD: f64 = 0.1;
/// Share of the history that an update keeps.
const KEEP: f64 = 0.9;

/// Draws the step of each sequence in a batch. Plain numbers, so that a checkpoint can keep it; evaluation uses it as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSampler {
    /// How steps are drawn.
    pub kind: TimeSamplerKind,
    /// Running mean `h_t` of `L_t^2`, in squared nats of a sequence, `T` numbers from `t = 1`.
    pub history: Vec<f64>,
    /// How often each step was seen, `T` numbers from `t = 1`.
    pub counts: Vec<u64>,
}

impl TimeSampler {
    /// A sampler over `steps` steps that has seen nothing.
    ///
    /// # Errors
    /// If there is no step.
    pub fn new(kind: TimeSamplerKind, steps: usize) -> Result<Self, ModelError> {
        if steps == 0 {
            config_error("TimeSampler", "steps", steps, "at least one step is needed")?;
        }
        Ok(Self { kind, history: vec![0.0; steps], counts: vec![0; steps] })
    }

    /// Whether every step was seen often enough to draw by importance.
    pub fn is_warm(&self) -> bool {
        self.counts.iter().all(|&count| count > WARM_UP)
    }

    /// `q(t)` for `t = 1..=T`.
    ///
    /// By importance: `w_t = sqrt(h_t + 1e-10) + 1e-4`, `w_1 = w_2` (the decoder's term is of another size), normalised;
    /// uniform before that. Guarded, a tenth of the probability is spread evenly.
    pub fn probabilities(&self) -> Vec<f64> {
        let steps = self.history.len();
        let even = 1.0 / steps as f64;
        let guard = match self.kind {
            TimeSamplerKind::Importance => 0.0,
            TimeSamplerKind::GuardedImportance => GUARD,
            TimeSamplerKind::Uniform | TimeSamplerKind::Stratified => return vec![even; steps],
        };
        if !self.is_warm() {
            return vec![even; steps];
        }
        let mut weights: Vec<f64> = self.history.iter().map(|h| (h + 1e-10).sqrt() + 1e-4).collect();
        if steps > 1 {
            weights[0] = weights[1];
        }
        let sum: f64 = weights.iter().sum();
        weights.iter().map(|weight| (1.0 - guard) * weight / sum + guard * even).collect()
    }

    /// Draws one step for each number of `uniforms`, which lie in `[0, 1)`; the stratified sampler uses the first alone.
    pub fn sample(&self, uniforms: &[f64]) -> DrawnTimes {
        let probabilities = self.probabilities();
        let cumulative: Vec<f64> = probabilities
            .iter()
            .scan(0.0, |sum, p| {
                *sum += p;
                Some(*sum)
            })
            .collect();
        let batch = uniforms.len() as f64;
        let t: Vec<usize> = uniforms
            .iter()
            .enumerate()
            .map(|(row, &uniform)| {
                let point = match self.kind {
                    TimeSamplerKind::Stratified => (uniforms[0] + row as f64 / batch).fract(),
                    _ => uniform,
                };
                cumulative.partition_point(|&c| c <= point).min(cumulative.len() - 1) + 1
            })
            .collect();
        let q_t = t.iter().map(|&t| probabilities[t - 1]).collect();
        DrawnTimes { t, q_t }
    }

    /// Learns from the terms of a batch: `h_t <- 0.9 h_t + 0.1 mean(L_t^2)`, the mean over the batch's sequences with this
    /// step; counts grow by the number of them. The order of the batch does not matter.
    ///
    /// (In the published code several sequences with one step overwrite each other.)
    ///
    /// # Panics
    /// If the numbers of steps and terms differ or a step is out of range.
    pub fn update(&mut self, t: &[usize], terms: &[f64]) {
        assert_eq!(t.len(), terms.len(), "a term for each step");
        let mut seen: Vec<(usize, f64)> = t.iter().copied().zip(terms.iter().map(|term| term * term)).collect();
        seen.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        for group in seen.chunk_by(|a, b| a.0 == b.0) {
            let index = group[0].0 - 1;
            let mean = group.iter().map(|(_, square)| square).sum::<f64>() / group.len() as f64;
            self.history[index] = KEEP * self.history[index] + (1.0 - KEEP) * mean;
            self.counts[index] += group.len() as u64;
        }
    }

    /// Whether a sampler read from a file fits a model of `steps` steps.
    ///
    /// # Errors
    /// If a list has another length or a number is negative or not finite.
    pub fn check(&self, steps: usize) -> Result<(), ModelError> {
        for (field, found) in [("history", self.history.len()), ("counts", self.counts.len())] {
            if found != steps {
                config_error("TimeSampler", field, found, "one number for each step of the model is needed")?;
            }
        }
        match self.history.iter().find(|h| !(h.is_finite() && **h >= 0.0)) {
            Some(bad) => config_error("TimeSampler", "history", bad, "numbers must be finite and not negative"),
            None => Ok(()),
        }
    }
}
