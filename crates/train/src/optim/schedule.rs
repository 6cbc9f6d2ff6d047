//! Learning-rate schedules as functions of the step.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// How the learning rate, or the loss, changes over the steps of a stage: a factor in `[0, 1]`.
///
/// A schedule holds no state, so there is nothing to save or to lose. In a recipe: `schedule = { kind = "cosine",
/// total_steps = 1000 }`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// Always 1.
    #[default]
    Constant,
    /// `floor + (1 - floor) (1 + cos(pi t / T)) / 2`, and `floor` after `T` steps (Loshchilov and Hutter, SGDR, eq. 5,
    /// without restarts).
    Cosine {
        /// `T`, in steps.
        total_steps: u64,
        /// The factor at the end.
        #[serde(default)]
        floor: f64,
    },
    /// `(t + 1) / W` for the first `W` steps, then the cosine over the rest.
    WarmupCosine {
        /// `W`, in steps.
        warmup_steps: u64,
        /// Warm-up and cosine together, in steps.
        total_steps: u64,
        /// The factor at the end.
        #[serde(default)]
        floor: f64,
    },
    /// `factor^(t / every)`, rounded down: a staircase.
    Step {
        /// The length of a stair, in steps.
        every: u64,
        /// What each stair multiplies by.
        factor: f64,
    },
    /// `min(1, (t + 1) / W)` times the staircase, which counts from step 0: the published runs of argmax flows.
    WarmupStep {
        /// `W`, in steps; 0: the staircase alone.
        warmup_steps: u64,
        /// The length of a stair, in steps.
        every: u64,
        /// What each stair multiplies by.
        factor: f64,
    },
    /// 1 up to step `at`, then `factor`: the single drop of PCME++ and VSE++ (x0.1 at epoch 15).
    Drop {
        /// The first step that is lower, in steps.
        at: u64,
        /// The factor from then on.
        factor: f64,
    },
    /// `(t - start + 1) / W` in the `W` steps from `start` on, 1 before and after: the ramp that PCME++ puts on its *loss*
    /// in the epoch that thaws the image tower ([`Stage::with_loss_schedule`](crate::trainer::Stage::with_loss_schedule)).
    Ramp {
        /// The first step of the ramp.
        #[serde(default)]
        start: u64,
        /// `W`, in steps.
        steps: u64,
    },
}

impl Schedule {
    /// A [`Drop`](Self::Drop) to `factor` at the start of `epoch`, counted from 0 at the start of the stage.
    pub fn drop_at_epoch(epoch: usize, steps_per_epoch: usize, factor: f64) -> Self {
        Self::Drop { at: (epoch * steps_per_epoch) as u64, factor }
    }

    /// A [`Ramp`](Self::Ramp) over the steps of `epoch`, counted from 0 at the start of the stage.
    pub fn ramp_over_epoch(epoch: usize, steps_per_epoch: usize) -> Self {
        Self::Ramp { start: (epoch * steps_per_epoch) as u64, steps: steps_per_epoch as u64 }
    }

    /// The factor at `step`, counted from 0 at the start of the stage.
    pub fn factor(&self, step: u64) -> f64 {
        match *self {
            Self::Constant => 1.0,
            Self::Cosine { total_steps, floor } => cosine(step, total_steps, floor),
            Self::WarmupCosine { warmup_steps, .. } if step < warmup_steps => (step + 1) as f64 / warmup_steps as f64,
            Self::WarmupCosine { warmup_steps, total_steps, floor } => {
                cosine(step - warmup_steps, total_steps.saturating_sub(warmup_steps), floor)
            }
            Self::Step { every, factor } => factor.powi((step / every.max(1)).min(i32::MAX as u64) as i32),
            Self::WarmupStep { warmup_steps, every, factor } => {
                let risen = if step < warmup_steps { (step + 1) as f64 / warmup_steps as f64 } else { 1.0 };
                risen * Self::Step { every, factor }.factor(step)
            }
            Self::Drop { at, factor } => {
                if step < at {
                    1.0
                } else {
                    factor
                }
            }
            Self::Ramp { start, steps } if step >= start && step - start < steps => {
                (step - start + 1) as f64 / steps as f64
            }
            Self::Ramp { .. } => 1.0,
        }
    }
}

fn cosine(step: u64, total: u64, floor: f64) -> f64 {
    let done = if total == 0 { 1.0 } else { (step as f64 / total as f64).min(1.0) };
    floor + (1.0 - floor) * 0.5 * (1.0 + (PI * done).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staircase_with_a_rise_is_the_product_of_both() {
        let schedule = Schedule::WarmupStep { warmup_steps: 4, every: 2, factor: 0.5 };
        for (step, expected) in [(0, 0.25), (1, 0.5), (2, 0.375), (3, 0.5), (4, 0.25), (6, 0.125)] {
            assert_eq!(schedule.factor(step), expected, "{step}");
        }
        let flat = Schedule::WarmupStep { warmup_steps: 0, every: 3, factor: 0.9 };
        assert!((0..20).all(|step| flat.factor(step) == Schedule::Step { every: 3, factor: 0.9 }.factor(step)));
    }

    #[test]
    fn the_cosine_starts_at_one_is_half_way_in_the_middle_and_stays_at_its_floor() {
        let schedule = Schedule::Cosine { total_steps: 100, floor: 0.1 };
        // cos(pi/2) is 6e-17 in f64, not 0.
        for (step, expected) in [(0, 1.0), (50, 0.55), (100, 0.1), (1_000, 0.1)] {
            assert!((schedule.factor(step) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn the_warmup_is_linear_and_meets_the_cosine_at_its_top() {
        let schedule = Schedule::WarmupCosine { warmup_steps: 4, total_steps: 14, floor: 0.0 };
        let factors: Vec<f64> = (0..5).map(|step| schedule.factor(step)).collect();
        assert_eq!(factors, [0.25, 0.5, 0.75, 1.0, 1.0]);
        assert!((schedule.factor(9) - 0.5).abs() < 1e-12);
        assert!(schedule.factor(14).abs() < 1e-12);
    }

    #[test]
    fn every_schedule_stays_between_zero_and_one_and_never_rises_after_the_warmup() {
        let schedules = [
            Schedule::Constant,
            Schedule::Cosine { total_steps: 7, floor: 0.0 },
            Schedule::Cosine { total_steps: 0, floor: 0.5 },
            Schedule::WarmupCosine { warmup_steps: 3, total_steps: 2, floor: 0.0 },
            Schedule::Step { every: 5, factor: 0.1 },
            Schedule::Step { every: 0, factor: 0.5 },
            Schedule::Drop { at: 9, factor: 0.1 },
        ];
        for schedule in schedules {
            let factors: Vec<f64> = (3..60).map(|step| schedule.factor(step)).collect();
            assert!(factors.iter().all(|factor| (0.0..=1.0).contains(factor)), "{schedule:?}");
            assert!(factors.windows(2).all(|pair| pair[1] <= pair[0]), "{schedule:?}");
        }
    }

    #[test]
    fn the_drop_falls_once_at_the_start_of_its_epoch() {
        let schedule = Schedule::drop_at_epoch(15, 10, 0.1);
        let factors: Vec<f64> = [0, 149, 150, 300, 10_000].map(|step| schedule.factor(step)).into();
        assert_eq!(factors, [1.0, 1.0, 0.1, 0.1, 0.1]);
    }

    #[test]
    fn the_ramp_rises_over_its_epoch_and_is_one_before_and_after() {
        let schedule = Schedule::ramp_over_epoch(2, 4);
        let factors: Vec<f64> = (6..14).map(|step| schedule.factor(step)).collect();
        assert_eq!(factors, [1.0, 1.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(Schedule::Ramp { start: 3, steps: 0 }.factor(3), 1.0);
    }

    #[test]
    fn a_recipe_names_a_schedule_by_kind() {
        let schedule: Schedule = toml::from_str("kind = 'warmup_cosine'\nwarmup_steps = 2\ntotal_steps = 9").unwrap();
        assert_eq!(schedule, Schedule::WarmupCosine { warmup_steps: 2, total_steps: 9, floor: 0.0 });
        assert!(toml::from_str::<Schedule>("kind = 'cosine'\ntotal_step = 9").is_err());
    }
}
