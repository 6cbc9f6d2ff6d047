//! The four ways to draw `v` with a given argmax.

use burn::config::Config;

/// How `v` is drawn from `q(v | x)` on the set where `argmax v = x` (Argmax Flows, Hoogeboom et al., 2021, section 3.2).
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum ArgmaxInverse {
    /// [`softplus_threshold`](super::softplus_threshold()) of a conditional normal.
    SoftplusThreshold,
    /// [`gumbel_argmax`](super::gumbel_argmax()) with locations from a network.
    Gumbel,
    /// [`gumbel_threshold`](super::gumbel_threshold()) of a conditional normal, with locations from the same network.
    GumbelThreshold,
    /// [`sign_softplus`](super::sign_softplus()) of a conditional normal, on bits; the text experiments of the paper.
    Sign,
}
