//! Noise that hides a class behind a mask.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::{LOG_ZERO, log_one_hot};

use super::Transition;
use crate::diffusion::schedule::NoiseSchedule;
use crate::diffusion::tensors::upload;

/// A position keeps its class with probability `alpha_t` or becomes the mask, the state `K`, for good (absorbing D3PM,
/// Austin et al. 2021).
///
/// What is visible is the truth, so the posterior carries it over with certainty; a mask shows its class at `s` with
/// probability `(abar_s - abar_t) / (1 - abar_t)`. Generation starts from masks, but for the share `abar_T` of uniformly
/// drawn classes: with schedules that end above zero, this makes the prior a distribution with a finite divergence,
/// `abar_T ln K`.
#[derive(Debug, Clone)]
pub struct Absorbing {
    classes: usize,
    schedule: NoiseSchedule,
}

impl Absorbing {
    /// Masking noise over `classes` classes.
    ///
    /// # Panics
    /// If there are no classes.
    pub fn new(classes: usize, schedule: NoiseSchedule) -> Self {
        assert!(classes > 0, "noise over no class");
        Self { classes, schedule }
    }

    /// The state of a hidden position, `K`.
    pub fn mask_id(&self) -> usize {
        self.classes
    }

    /// `[B, L, 1]` from one number for each sequence.
    fn column(values: impl Iterator<Item = f64>, like: &Tensor<3>) -> Tensor<3> {
        let [batch, length, _] = like.dims();
        let values: Vec<f64> = values.collect();
        assert_eq!(values.len(), batch, "one step for each sequence");
        upload(values, [batch, 1, 1], &like.device()).expand([batch, length, 1])
    }
}

impl Transition for Absorbing {
    fn classes(&self) -> usize {
        self.classes
    }

    fn states(&self) -> usize {
        self.classes + 1
    }

    fn schedule(&self) -> &NoiseSchedule {
        &self.schedule
    }

    fn log_q_t(&self, log_x0: Tensor<3>, t: &[usize]) -> Tensor<3> {
        let keep = Self::column(t.iter().map(|&t| self.schedule.log_abar(t)), &log_x0);
        let hide = Self::column(t.iter().map(|&t| self.schedule.log_one_minus_abar(t)), &log_x0);
        Tensor::cat(vec![log_x0 + keep, hide], 2) // [B, L, K + 1]
    }

    fn log_q_step(&self, log_previous: Tensor<3>, t: &[usize]) -> Tensor<3> {
        let keep = Self::column(t.iter().map(|&t| self.schedule.log_alpha(t - 1, t)), &log_previous);
        let beta = Self::column(t.iter().map(|&t| self.schedule.beta(t)), &log_previous);
        let alpha = Self::column(t.iter().map(|&t| self.schedule.alpha(t)), &log_previous);
        let seen = log_previous.clone().narrow(2, 0, self.classes) + keep;
        let hidden = log_previous.narrow(2, self.classes, 1).exp(); // [B, L, 1]
        Tensor::cat(vec![seen, (hidden * alpha + beta + 1e-30).log()], 2)
    }

    fn log_q_posterior(&self, x_t: Tensor<2, Int>, log_x0: Tensor<3>, s: &[usize], t: &[usize]) -> Tensor<3> {
        let schedule = &self.schedule;
        assert!(s.len() == t.len() && s.iter().zip(t).all(|(s, t)| s < t), "steps backwards from {t:?} to {s:?}");
        let column = |level: &dyn Fn(usize, usize) -> f64| {
            let share = |(&s, &t): (&usize, &usize)| level(s, t) - schedule.log_one_minus_abar(t);
            Self::column(s.iter().zip(t).map(share), &log_x0)
        };
        // abar_s - abar_t = abar_s (1 - alpha_(t|s))
        let show = column(&|s, t| schedule.log_abar(s) + schedule.log_one_minus_alpha(s, t));
        let stay = column(&|s, _| schedule.log_one_minus_abar(s));
        let hidden = Tensor::cat(vec![log_x0 + show, stay], 2); // [B, L, K + 1]
        let masked = x_t.clone().equal_elem(self.classes as i64).unsqueeze_dim::<3>(2).expand(hidden.dims());
        log_one_hot(x_t, self.states()).mask_where(masked, hidden)
    }

    fn log_prior(&self) -> Vec<f64> {
        let last = self.steps();
        let seen = self.schedule.log_abar(last) - (self.classes as f64).ln();
        let mut prior = vec![seen.max(LOG_ZERO); self.classes];
        prior.push(self.schedule.log_one_minus_abar(last));
        prior
    }

    /// `abar_T ln K`.
    fn class_prior_kl(&self) -> Vec<f64> {
        vec![self.schedule.abar(self.steps()) * (self.classes as f64).ln(); self.classes]
    }

    fn change_probability(&self, t: usize) -> f64 {
        -self.schedule.log_abar(t).exp_m1()
    }
}
