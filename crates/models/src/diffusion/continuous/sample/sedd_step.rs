//! How a score is turned into a step.

use burn::config::Config;

/// How [`SeddSampler`](super::SeddSampler) turns scores into a step.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum SeddStep {
    /// A jump with the reverse rate times the length of the step, the paper's baseline.
    Euler,
    /// The exact step where the scores are (Tweedie's formula for discrete noise): scores moved back to the end of the step times
    /// the probability of the noise added in it.
    Analytic,
}
