//! Sampling from scores.

use super::draw::{categorical, one};
use super::predictor::to_host;
use super::{Canvas, Predictor, Sampler, SeddStep, TimeGrid, upload_tokens};
use crate::diffusion::continuous::{NoiseKind, Sedd, Uniforms};

/// Samples of [`Sedd`] (Lou et al., 2024). The last step of the grid is always the analytic one, and leaves no mask.
///
/// Scores are outputs of the network as they are: a [`Decoding`](super::Decoding) has no effect.
#[derive(Clone, Debug, PartialEq)]
pub struct SeddSampler {
    /// What the network was trained as.
    pub sedd: Sedd,
    /// The noise levels.
    pub grid: TimeGrid,
    /// How a step is made.
    pub step: SeddStep,
}

impl SeddSampler {
    /// Probabilities after a step from `t` to `s` of a symbol with these ratios, `K` or, with the mask last, `K + 1`; negative ones,
    /// of scores that no distribution has, become 0.
    ///
    /// # Shapes
    /// * `ratios`: `K` values `p_t(y) / p_t(token)`
    pub fn posterior(&self, ratios: &[f64], token: usize, t: f64, s: f64) -> Vec<f64> {
        let schedule = &self.sedd.schedule;
        let last = s == 0.0;
        let classes = ratios.len() as f64;
        let analytic = last || self.step == SeddStep::Analytic;
        // The last step takes all noise away, also what a schedule has at its start.
        let added = schedule.total_noise(t) - if last { 0.0 } else { schedule.total_noise(s) };
        let rate = schedule.noise_growth(t) * (t - s);
        let mut p: Vec<f64> = match self.sedd.noise {
            NoiseKind::Mask => {
                let scale = if analytic { added.exp_m1() } else { rate };
                let unmasked: Vec<f64> = ratios.iter().map(|ratio| ratio * scale).collect();
                let stay = if last { 0.0 } else { 1.0 - unmasked.iter().sum::<f64>() };
                unmasked.into_iter().chain([stay]).collect()
            }
            NoiseKind::Uniform if analytic => {
                let mean = ratios.iter().sum::<f64>() / classes;
                let (kept, grown) = ((-added).exp(), added.exp());
                let from = |class| (1.0 - kept) / classes + if class == token { kept } else { 0.0 };
                let earlier = |ratio: f64| grown * ratio + (1.0 - grown) * mean;
                ratios.iter().enumerate().map(|(class, &ratio)| from(class) * earlier(ratio)).collect()
            }
            NoiseKind::Uniform => {
                let mut p: Vec<f64> = ratios.iter().map(|ratio| ratio * rate / classes).collect();
                p[token] = 0.0;
                p[token] = 1.0 - p.iter().sum::<f64>();
                p
            }
        };
        p.iter_mut().for_each(|p| *p = p.max(0.0));
        p
    }
}

impl Sampler for SeddSampler {
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>> {
        let classes = self.sedd.classes;
        let [batch, length] = canvas.dims();
        let mut tokens = match self.sedd.noise {
            NoiseKind::Mask => canvas.masked(classes),
            NoiseKind::Uniform => canvas.uniform(classes, &mut *uniforms),
        };
        let rows: Vec<usize> = (0..batch).collect();
        for (t, s) in self.grid.steps() {
            let fixed = |token: usize| self.sedd.noise == NoiseKind::Mask && token != classes;
            if tokens.iter().flatten().all(|&token| fixed(token)) {
                break;
            }
            let levels = vec![t; batch];
            let outputs = predictor.outputs(&tokens, &levels, &rows);
            let ids = upload_tokens(&tokens, &outputs.device());
            let scores = to_host(self.sedd.log_scores(outputs, ids, &levels));
            let ratios: Vec<f64> = scores.into_iter().map(f64::exp).collect();
            for (row, sequence) in tokens.iter_mut().enumerate() {
                for (position, token) in sequence.iter_mut().enumerate() {
                    if !fixed(*token) && !canvas.is_given(row, position) {
                        let ratios = &ratios[(row * length + position) * classes..][..classes];
                        *token = categorical(&self.posterior(ratios, *token, t, s), one(&mut *uniforms));
                    }
                }
            }
        }
        tokens
    }
}
