//! Two learned tables that keep the scales of a mixture transform small at first.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// `s <- f tanh(s / max(f, 1))` with `f = exp(a_c)` for the outer log-scale of channel `c`, and the same with
/// `exp(b_cm)` for the log-scale of each component `m`: within +-1 at first, and the bound is learned
/// (the published code of Argmax Flows and of Categorical Normalizing Flows).
#[derive(Module, Debug)]
pub struct ScaleBounds {
    /// Logarithm `a` of the bound of the outer log-scale, `[C]`; zero at first.
    pub outer: Param<Tensor<1>>,
    /// Logarithm `b` of the bound of the components' log-scales, `[C, M]`; zero at first.
    pub mixture: Param<Tensor<2>>,
}

impl ScaleBounds {
    /// Tables of zeros.
    pub fn new(channels: usize, mixtures: usize, device: &Device) -> Self {
        Self {
            outer: Initializer::Zeros.init([channels], device),
            mixture: Initializer::Zeros.init([channels, mixtures], device),
        }
    }

    /// The bounds of the channels `first..first + count` alone.
    pub(super) fn channels(&self, first: usize, count: usize) -> (Tensor<1>, Tensor<2>) {
        (self.outer.val().narrow(0, first, count), self.mixture.val().narrow(0, first, count))
    }
}

/// `f tanh(x / max(f, 1))`, `f = exp(log_bound)`.
pub(super) fn bound_softly<const D: usize>(x: Tensor<D>, log_bound: Tensor<D>) -> Tensor<D> {
    let bound = log_bound.exp();
    bound.clone() * (x / bound.clamp_min(1.0)).tanh()
}
