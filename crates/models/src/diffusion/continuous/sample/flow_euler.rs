//! The Euler solver of discrete flows.

use super::draw::{categorical, one};
use super::{Canvas, Predictor, Sampler, TimeGrid};
use crate::diffusion::continuous::{FlowMatching, NoiseKind, Uniforms};

/// Samples of [`FlowMatching`] by Euler steps (Gat et al., 2024).
///
/// A step of length `h` draws the target `x_1` from the network's guess, and jumps to it with probability `1 - e^{-h lambda}`,
/// `lambda = (1 + c) kappa' / (1 - kappa)`, unless it is there; the last step goes to `x_1`. With a corrector, a symbol that came from the
/// data goes back to the source at the rate `c kappa' / kappa`, which leaves the marginals as they are: `c = corrector kappa (1 - kappa)`.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowEuler {
    /// The flow.
    pub flow: FlowMatching,
    /// The noise levels.
    pub grid: TimeGrid,
    /// Strength of the corrector; 0 is none.
    pub corrector: f64,
    /// Whether the network ignores its own noisy symbol, as one trained by [`Udlm`](crate::diffusion::continuous::Udlm): its guess is
    /// then multiplied by the probability of that symbol, to become the posterior that flows need.
    pub leave_one_out: bool,
}

impl FlowEuler {
    /// Weights of the target of a symbol, from the network's guess.
    fn target(&self, guess: &[f64], token: usize, kappa: f64) -> Vec<f64> {
        match self.flow.source {
            NoiseKind::Mask if token < guess.len() => {
                (0..guess.len()).map(|class| f64::from(u8::from(class == token))).collect()
            }
            NoiseKind::Uniform if self.leave_one_out => {
                let other = (1.0 - kappa) / guess.len() as f64;
                let like = |class| other + if class == token { kappa } else { 0.0 };
                guess.iter().enumerate().map(|(class, p)| p * like(class)).collect()
            }
            _ => guess.to_vec(),
        }
    }

    /// The rate at which a symbol that equals its target goes back to the source.
    fn return_rate(&self, t: f64, classes: usize) -> f64 {
        let kappa = self.flow.schedule.alpha(t);
        // c kappa' / kappa, times the probability that the symbol came from the data, and not by chance from the source
        let rate = -self.flow.schedule.slope(t) * self.corrector * (1.0 - kappa);
        match self.flow.source {
            NoiseKind::Mask => rate,
            NoiseKind::Uniform if kappa > 0.0 => rate * kappa / (kappa + (1.0 - kappa) / classes as f64),
            NoiseKind::Uniform => 0.0,
        }
    }
}

impl Sampler for FlowEuler {
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let classes = predictor.classes();
        let [batch, _] = canvas.dims();
        let mut tokens = match self.flow.source {
            NoiseKind::Mask => canvas.masked(classes),
            NoiseKind::Uniform => canvas.uniform(classes, &mut *uniforms),
        };
        for (t, s) in self.grid.steps() {
            let kappa = self.flow.schedule.alpha(t);
            let strength = 1.0 + self.corrector * kappa * (1.0 - kappa);
            let jump = -(-(t - s) * strength * self.flow.schedule.denoising_rate(t)).exp_m1();
            let back = -(-(t - s) * self.return_rate(t, classes)).exp_m1();
            let guesses = predictor.probabilities(&tokens, &vec![t; batch], &vec![true; batch]);
            for (row, (sequence, guess)) in tokens.iter_mut().zip(guesses).enumerate() {
                for (position, token) in sequence.iter_mut().enumerate() {
                    if canvas.is_given(row, position) {
                        continue;
                    }
                    let weights = self.target(&guess[position * classes..][..classes], *token, kappa);
                    let target = categorical(&weights, one(&mut *uniforms));
                    if s == 0.0 {
                        *token = target;
                    } else if target != *token {
                        if one(&mut *uniforms) < jump {
                            *token = target;
                        }
                    } else if back > 0.0 && one(&mut *uniforms) < back {
                        *token = match self.flow.source {
                            NoiseKind::Mask => classes,
                            NoiseKind::Uniform => (one(&mut *uniforms) * classes as f64) as usize,
                        };
                    }
                }
            }
        }
        tokens
    }
}
