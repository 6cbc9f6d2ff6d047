//! Sampling step by step through the posterior.

use super::draw::{categorical, one};
use super::{Canvas, Predictor, Sampler, TimeGrid};
use crate::diffusion::continuous::{AlphaSchedule, NoiseKind, Uniforms};

/// Ancestral sampling: each symbol is drawn from `q(x_s | x_t, xhat)` on the way down a grid of noise levels.
///
/// * Masks: a mask gives way with probability `(alpha_s - alpha_t) / (1 - alpha_t)`, to a symbol drawn from `xhat`;
/// * uniform noise: `q` is proportional to `(a x_t + (1 - a) / K) (alpha_s xhat + (1 - alpha_s) / K)` with `a = alpha_t / alpha_s`.
///
/// The last step goes to `alpha = 1`, whatever the schedule ends at.
#[derive(Clone, Debug, PartialEq)]
pub struct Ancestral {
    /// What the noise is.
    pub noise: NoiseKind,
    /// How fast it grew.
    pub schedule: AlphaSchedule,
    /// The noise levels.
    pub grid: TimeGrid,
}

impl Ancestral {
    /// Samples with guided steps: each is drawn from `p^scale q^{1 - scale}` of the posteriors with and without the condition.
    ///
    /// # Shapes
    /// As [`Sampler::sample`].
    pub fn sample_guided(
        &self,
        conditional: &mut Predictor<'_>,
        unconditional: &mut Predictor<'_>,
        scale: f64,
        canvas: &Canvas,
        uniforms: Uniforms<'_>,
    ) -> Vec<Vec<usize>> {
        let classes = conditional.classes();
        self.run(classes, canvas, uniforms, &mut |tokens, time, needed, step| {
            let with = conditional.probabilities(tokens, time, needed);
            let without = unconditional.probabilities(tokens, time, needed);
            step(&mut |row, position, posterior| {
                let guess = position * classes..(position + 1) * classes;
                let (p, q) = (posterior(&with[row][guess.clone()]), posterior(&without[row][guess]));
                // 0 to any power stays impossible: the condition excludes it, or the model has never seen it
                let mix = |(p, q): (f64, f64)| match p > 0.0 && q > 0.0 {
                    true => p.powf(scale) * q.powf(1.0 - scale),
                    false => 0.0,
                };
                p.into_iter().zip(q).map(mix).collect()
            });
        })
    }

    /// Probabilities of the next symbol, `K` of them or `K + 1` with the mask last; they sum to 1 up to rounding with masks, and to any
    /// number with uniform noise.
    fn posterior(&self, guess: &[f64], token: usize, alpha_t: f64, alpha_s: f64) -> Vec<f64> {
        let classes = guess.len() as f64;
        match self.noise {
            NoiseKind::Mask => {
                let unmask = if alpha_t < 1.0 { (alpha_s - alpha_t) / (1.0 - alpha_t) } else { 1.0 };
                guess.iter().map(|p| p * unmask).chain([1.0 - unmask]).collect()
            }
            NoiseKind::Uniform => {
                let kept = alpha_t / alpha_s;
                let from = |class| (1.0 - kept) / classes + if class == token { kept } else { 0.0 };
                let to = |p: f64| alpha_s * p + (1.0 - alpha_s) / classes;
                guess.iter().enumerate().map(|(class, &p)| from(class) * to(p)).collect()
            }
        }
    }

    fn run(&self, classes: usize, canvas: &Canvas, uniforms: Uniforms<'_>, network: Step<'_>) -> Vec<Vec<usize>> {
        let [batch, _] = canvas.dims();
        let mut tokens = match self.noise {
            NoiseKind::Mask => canvas.masked(classes),
            NoiseKind::Uniform => canvas.uniform(classes, &mut *uniforms),
        };
        for (t, s) in self.grid.steps() {
            let open = |row: &Vec<usize>| self.noise == NoiseKind::Uniform || row.contains(&classes);
            let needed: Vec<bool> = tokens.iter().map(open).collect();
            if !needed.contains(&true) {
                break;
            }
            let alpha_t = self.schedule.alpha(t);
            let alpha_s = if s == 0.0 { 1.0 } else { self.schedule.alpha(s) };
            let mut next = tokens.clone();
            network(&tokens, &vec![t; batch], &needed, &mut |weights| {
                for (row, sequence) in next.iter_mut().enumerate() {
                    for (position, token) in sequence.iter_mut().enumerate() {
                        let fixed = self.noise == NoiseKind::Mask && *token != classes;
                        if !fixed && !canvas.is_given(row, position) {
                            let now = *token;
                            let posterior = |guess: &[f64]| self.posterior(guess, now, alpha_t, alpha_s);
                            *token = categorical(&weights(row, position, &posterior), one(&mut *uniforms));
                        }
                    }
                }
            });
            tokens = next;
        }
        tokens
    }
}

/// From the posterior of one guess to the weights of the next symbol at a row and a position.
type Weights<'a> = &'a mut dyn FnMut(usize, usize, &dyn Fn(&[f64]) -> Vec<f64>) -> Vec<f64>;
/// Calls the network or networks for the needed rows of tokens at noise levels, and hands what they say to the step.
type Step<'a> = &'a mut dyn FnMut(&[Vec<usize>], &[f64], &[bool], &mut dyn FnMut(Weights<'_>));

impl Sampler for Ancestral {
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let classes = predictor.classes();
        self.run(classes, canvas, uniforms, &mut |tokens, time, needed, step| {
            let guesses = predictor.probabilities(tokens, time, needed);
            step(&mut |row, position, posterior| {
                posterior(&guesses[row][position * classes..(position + 1) * classes])
            });
        })
    }
}
