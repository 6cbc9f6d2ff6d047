//! What a discrete flow is trained on.

use burn::config::Config;

/// What a [`FlowMatching`](super::FlowMatching) is trained on; its bound is always the generalised KL.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum FlowLoss {
    /// `-ln p(x_1 | x_t)` of the noisy positions with masks, of all with uniform noise; not a bound.
    CrossEntropy,
    /// The divergence of the jump rates, a bound.
    GeneralizedKl,
}
