//! How often a symbol goes back to a mask while sampling.

use burn::config::Config;

/// How often a visible symbol goes back to a mask in a step of [`Remasking`](super::Remasking) (ReMDM, Wang et al., 2025); the largest
/// probability that keeps the marginals is `sigma_max = min(1, (1 - alpha_s) / alpha_t)`.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum RemaskMode {
    /// `min(eta, sigma_max)` (published: 0.008).
    Cap {
        /// The cap.
        eta: f64,
    },
    /// `eta sigma_max` (published: 0.015).
    Rescale {
        /// The factor, in `[0, 1]`.
        eta: f64,
    },
    /// `sigma_max` times the softmax, over the visible symbols of a sequence, of minus the probability each was drawn with: what was a
    /// poor guess goes back. Masks have no share, as published, so this mode keeps the marginals only roughly.
    Confidence,
    /// No remasking down to the level `on`, where `alpha` reaches `held`; from there to `off` `alpha` stays and symbols go back with the
    /// probability `sigma`; then none again (published: 0.55, 0.05, 0.9, 0.02).
    Loop {
        /// Level at which remasking starts.
        on: f64,
        /// Level at which it ends, below `on`.
        off: f64,
        /// `alpha` in between.
        held: f64,
        /// Probability in between.
        sigma: f64,
    },
}
