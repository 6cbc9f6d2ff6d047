//! What generation may be told beside the steps.

use std::fmt;

use burn::tensor::{Int, Tensor};

use super::{FinalStep, Guidance, Known};

/// Looks on while a sampler works: the step, and the state `[B, L]`.
pub type Watch<'a> = &'a mut dyn FnMut(usize, &Tensor<2, Int>);

/// Options of [`DiscreteDiffusion::sample`](super::DiscreteDiffusion::sample); the default draws plain samples.
#[derive(Default)]
pub struct SampleOptions<'a> {
    /// How the step to `x_0` is made.
    pub final_step: FinalStep,
    /// A second network and how far to go away from it.
    pub guidance: Option<Guidance<'a>>,
    /// Positions that are given.
    pub known: Option<Known>,
    /// Is shown every state with its step, from `x_T` to `x_0`.
    pub watch: Option<Watch<'a>>,
}

impl fmt::Debug for SampleOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleOptions")
            .field("final_step", &self.final_step)
            .field("guidance", &self.guidance)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}
