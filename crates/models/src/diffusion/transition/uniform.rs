//! Noise that draws a class anew, each with the same probability: multinomial diffusion.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::{log_add_exp, log_one_hot};
use halation_kernels::log_softmax;

use super::Transition;
use crate::diffusion::schedule::NoiseSchedule;
use crate::diffusion::tensors::upload;

/// `q(x_t | x_(t-1)) = alpha_t x_(t-1) + (1 - alpha_t) / K` (Hoogeboom et al. 2021, equation 11): a position keeps its
/// class, or draws one of all `K` anew.
///
/// The kernel has rank one plus a multiple of the identity, so a skip from `s` to `t` is the same kernel with
/// `abar_t / abar_s`, and no matrix is ever formed.
#[derive(Debug, Clone)]
pub struct Uniform {
    classes: usize,
    schedule: NoiseSchedule,
}

impl Uniform {
    /// Uniform noise over `classes` classes.
    ///
    /// # Panics
    /// If there are no classes.
    pub fn new(classes: usize, schedule: NoiseSchedule) -> Self {
        assert!(classes > 0, "noise over no class");
        Self { classes, schedule }
    }

    /// `ln(keep x + (1 - keep) / K)` with one `(ln keep, ln(1 - keep))` for each sequence.
    fn mix(&self, log_x: Tensor<3>, levels: impl Iterator<Item = (f64, f64)>) -> Tensor<3> {
        let (keep, change): (Vec<f64>, Vec<f64>) = levels.unzip();
        let (batch, device, log_classes) = (keep.len(), log_x.device(), (self.classes as f64).ln());
        assert_eq!(batch, log_x.dims()[0], "one step for each sequence");
        let kept = log_x + upload(keep, [batch, 1, 1], &device); // [B, L, K]
        let change = change.into_iter().map(|log| log - log_classes).collect();
        let drawn = upload(change, [batch, 1, 1], &device).expand(kept.dims());
        log_add_exp(kept, drawn)
    }

    fn marginal(&self, log_x0: Tensor<3>, t: &[usize]) -> Tensor<3> {
        let schedule = &self.schedule;
        self.mix(log_x0, t.iter().map(|&t| (schedule.log_abar(t), schedule.log_one_minus_abar(t))))
    }

    fn jump(&self, log_x: Tensor<3>, s: &[usize], t: &[usize]) -> Tensor<3> {
        let schedule = &self.schedule;
        let levels = s.iter().zip(t).map(|(&s, &t)| {
            assert!(s < t, "a step from {s} to {t}");
            (schedule.log_alpha(s, t), schedule.log_one_minus_alpha(s, t))
        });
        self.mix(log_x, levels)
    }
}

impl Transition for Uniform {
    fn classes(&self) -> usize {
        self.classes
    }

    fn states(&self) -> usize {
        self.classes
    }

    fn schedule(&self) -> &NoiseSchedule {
        &self.schedule
    }

    fn log_q_t(&self, log_x0: Tensor<3>, t: &[usize]) -> Tensor<3> {
        self.marginal(log_x0, t)
    }

    fn log_q_step(&self, log_previous: Tensor<3>, t: &[usize]) -> Tensor<3> {
        let s: Vec<usize> = t.iter().map(|t| t - 1).collect();
        self.jump(log_previous, &s, t)
    }

    fn log_q_posterior(&self, x_t: Tensor<2, Int>, log_x0: Tensor<3>, s: &[usize], t: &[usize]) -> Tensor<3> {
        // The kernel is symmetric: as a function of x_s, q(x_t | x_s) is the kernel applied to x_t.
        let backward = self.jump(log_one_hot(x_t, self.classes), s, t);
        log_softmax(backward + self.marginal(log_x0, s), 2)
    }

    fn log_prior(&self) -> Vec<f64> {
        vec![-(self.classes as f64).ln(); self.classes]
    }

    /// `(a + (1-a)/K) ln(K a + 1 - a) + (K-1) (1-a)/K ln(1-a)` with `a = abar_T`.
    fn class_prior_kl(&self) -> Vec<f64> {
        let (k, a) = (self.classes as f64, self.schedule.abar(self.steps()));
        let same = (a + (1.0 - a) / k) * ((k - 1.0) * a).ln_1p();
        let other = (k - 1.0) * (1.0 - a) / k * self.schedule.log_one_minus_abar(self.steps());
        // Both summands are near a (K-1)/K and cancel to second order: for small a only the series has digits left.
        let kl = if a < 1e-9 { 0.5 * (k - 1.0) * a * a } else { same + other };
        vec![kl; self.classes]
    }

    fn change_probability(&self, t: usize) -> f64 {
        -self.schedule.log_abar(t).exp_m1() * (1.0 - 1.0 / self.classes as f64)
    }
}
