//! The schedules that a recipe can name.

use serde::{Deserialize, Serialize};

use super::{CosineVariant, NoiseSchedule};
use crate::ModelError;

/// A schedule by name: `cosine`, `cosine-exact`, `linear`, `absorbing` or `mutual-information`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// The cosine of the published code, [`CosineVariant::Clipped`].
    #[default]
    Cosine,
    /// The cosine of the paper, [`CosineVariant::Exact`].
    CosineExact,
    /// `beta` from 1e-4 to 0.02, for Gaussian noise.
    Linear,
    /// `abar_t = 1 - t/T`, for masks.
    Absorbing,
    /// Information that falls on a line under uniform noise and equally frequent classes.
    MutualInformation,
}

impl ScheduleKind {
    /// The schedule with `steps` steps over `classes` classes (which only [`MutualInformation`](Self::MutualInformation) uses).
    ///
    /// # Errors
    /// If there are no steps or, where they matter, fewer than two classes.
    pub fn init(self, steps: usize, classes: usize) -> Result<NoiseSchedule, ModelError> {
        match self {
            Self::Cosine => NoiseSchedule::cosine(steps, CosineVariant::Clipped),
            Self::CosineExact => NoiseSchedule::cosine(steps, CosineVariant::Exact),
            Self::Linear => NoiseSchedule::linear(steps, 1e-4, 0.02),
            Self::Absorbing => NoiseSchedule::absorbing(steps),
            Self::MutualInformation => {
                let share = 1.0 / classes.max(1) as f64;
                NoiseSchedule::mutual_information(steps, &vec![share; classes], |exponent| {
                    let stay = (-exponent).exp();
                    let moved = -(-exponent).exp_m1() * share;
                    let diagonal = |index: usize| index.is_multiple_of(classes + 1);
                    (0..classes * classes).map(|i| if diagonal(i) { stay + moved } else { moved }).collect()
                })
            }
        }
    }
}
