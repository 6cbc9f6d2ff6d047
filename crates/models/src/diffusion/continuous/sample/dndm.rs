//! Sampling with transition times that are drawn beforehand.

use super::draw::{categorical, one};
use super::{Canvas, Predictor, RevealOrder, Sampler, TransitionLaw};
use crate::ModelError;
use crate::diffusion::continuous::{AlphaSchedule, NoiseKind, Uniforms};
use crate::head::config_error;

/// Discrete non-Markov diffusion (DNDM, Chen et al., 2023): every symbol changes once, from noise to a draw from `xhat`, at a step drawn
/// beforehand, so the network is called only at the steps that were drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Dndm {
    noise: NoiseKind,
    schedule: AlphaSchedule,
    steps: usize,
    law: TransitionLaw,
    order: RevealOrder,
}

impl Dndm {
    /// The sampler with `steps` possible times and the schedule's law.
    ///
    /// # Errors
    /// [`ModelError::Config`] for no steps or a schedule that cannot work.
    pub fn new(noise: NoiseKind, schedule: AlphaSchedule, steps: usize) -> Result<Self, ModelError> {
        if steps == 0 {
            config_error("Dndm", "steps", 0, "a sampler needs at least one step")?;
        }
        schedule.check()?;
        Ok(Self { noise, schedule, steps, law: TransitionLaw::Schedule, order: RevealOrder::Drawn })
    }

    /// The same with another law of the times.
    ///
    /// # Errors
    /// [`ModelError::Config`] for a beta law whose parameters are not above 0.
    pub fn with_law(self, law: TransitionLaw) -> Result<Self, ModelError> {
        if let TransitionLaw::Beta { a, b } = law
            && !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite())
        {
            config_error("Dndm", "law", format!("{law:?}"), "both parameters must be above 0 and finite")?;
        }
        Ok(Self { law, ..self })
    }

    /// The same with another choice of the symbols that change.
    pub fn with_order(self, order: RevealOrder) -> Self {
        Self { order, ..self }
    }

    /// Weights of the steps `1..=T`, first to last.
    pub fn law(&self) -> Vec<f64> {
        let level = |step: usize| step as f64 / self.steps as f64;
        (1..=self.steps)
            .map(|step| match self.law {
                TransitionLaw::Schedule => {
                    self.schedule.noise_rate(level(step)) - self.schedule.noise_rate(level(step - 1))
                }
                TransitionLaw::Beta { a, b } => {
                    let x = (step as f64 - 0.5) / self.steps as f64;
                    ((a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p()).exp()
                }
            })
            .collect()
    }
}

impl Sampler for Dndm {
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let classes = predictor.classes();
        let mut tokens = match self.noise {
            NoiseKind::Mask => canvas.masked(classes),
            NoiseKind::Uniform => canvas.uniform(classes, &mut *uniforms),
        };
        let [batch, length] = canvas.dims();
        let law = self.law();
        // Steps until each symbol changes; 0 for given ones, which never do.
        let mut times = vec![vec![0; length]; batch];
        for (row, times) in times.iter_mut().enumerate() {
            for (position, time) in times.iter_mut().enumerate() {
                if !canvas.is_given(row, position) {
                    *time = 1 + categorical(&law, one(&mut *uniforms));
                }
            }
        }
        for step in (1..=self.steps).rev() {
            let due = |times: &Vec<usize>| times.iter().filter(|&&time| time == step).count();
            let counts: Vec<usize> = times.iter().map(due).collect();
            let needed: Vec<bool> = counts.iter().map(|&count| count > 0).collect();
            if !needed.contains(&true) {
                continue;
            }
            let level = vec![step as f64 / self.steps as f64; batch];
            let guesses = predictor.probabilities(&tokens, &level, &needed);
            for (row, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                // Whoever waits, with what would be drawn.
                let waiting = (0..length).filter(|&l| (1..=step).contains(&times[row][l]));
                let mut drawn: Vec<(usize, usize, f64)> = waiting
                    .map(|position| {
                        let guess = &guesses[row][position * classes..][..classes];
                        let class = categorical(guess, one(&mut *uniforms));
                        (position, class, guess[class])
                    })
                    .collect();
                match self.order {
                    RevealOrder::Drawn => drawn.retain(|&(position, ..)| times[row][position] == step),
                    RevealOrder::MostProbable => drawn.sort_by(|a, b| b.2.total_cmp(&a.2)),
                }
                for (position, class, _) in drawn.into_iter().take(count) {
                    tokens[row][position] = class;
                    // Its turn is taken: one whose time this was waits in its place.
                    let turn = times[row].iter().position(|&time| time == step);
                    if let Some(turn) = turn {
                        times[row].swap(turn, position);
                    }
                    times[row][position] = usize::MAX;
                }
            }
        }
        tokens
    }
}
