//! When a symbol changes from noise to data.

use burn::config::Config;

/// The law of the one step at which a symbol changes in [`Dndm`](super::Dndm).
#[derive(Config, Debug, Copy, PartialEq)]
pub enum TransitionLaw {
    /// Step `t` of `T` with probability `alpha_{t-1} - alpha_t`: the marginals of the diffusion.
    Schedule,
    /// The density `x^{a-1} (1 - x)^{b-1}` at `x = (t - 1/2) / T`, a choice that may sample better.
    Beta {
        /// Large ones move changes to early steps, near all noise.
        a: f64,
        /// Large ones move changes to late steps, near the data.
        b: f64,
    },
}
