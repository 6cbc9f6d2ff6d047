//! The diffusions in continuous time that share one kind of network.

use burn::tensor::{Int, Tensor};

use super::{ContinuousBound, FlowMatching, Masked, Sedd, Udlm};
use crate::diffusion::denoiser::Denoiser;

/// A diffusion in continuous time over a [`Denoiser`], picked by a recipe. [`BlockDiffusion`](super::BlockDiffusion) has networks of
/// another kind and stands apart.
#[derive(Clone, Debug, PartialEq)]
pub enum ContinuousKind {
    /// MDLM and MD4.
    Masked(Masked),
    /// SEDD, with masks or uniform noise.
    Sedd(Sedd),
    /// UDLM, and Duo's bound.
    Udlm(Udlm),
    /// Discrete flow matching.
    FlowMatching(FlowMatching),
}

impl ContinuousKind {
    fn bound<'n>(&self) -> &dyn ContinuousBound<dyn Denoiser + 'n> {
        match self {
            Self::Masked(bound) => bound,
            Self::Sedd(bound) => bound,
            Self::Udlm(bound) => bound,
            Self::FlowMatching(bound) => bound,
        }
    }
}

impl<'n> ContinuousBound<dyn Denoiser + 'n> for ContinuousKind {
    fn classes(&self) -> usize {
        self.bound().classes()
    }

    fn input_codes(&self) -> usize {
        self.bound().input_codes()
    }

    fn levels(&self, length: usize) -> usize {
        self.bound().levels(length)
    }

    fn uniforms(&self, length: usize) -> usize {
        self.bound().uniforms(length)
    }

    fn loss(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        self.bound().loss(denoiser, x0, t, uniforms)
    }

    fn objective(&self, denoiser: &(dyn Denoiser + 'n), x0: Tensor<2, Int>, t: &[f64], uniforms: &[f64]) -> Tensor<1> {
        self.bound().objective(denoiser, x0, t, uniforms)
    }
}
