//! Steering samples towards a condition.

use std::fmt;

use crate::diffusion::denoiser::Denoiser;

/// Guidance without a classifier, in log space: `p ∝ p_conditional^scale p_unconditional^(1 - scale)` at every reverse step
/// (Ho and Salimans 2022). At 1 the unconditional network has no say.
#[derive(Clone, Copy)]
pub struct Guidance<'a> {
    /// The network that does not know the condition.
    pub unconditional: &'a dyn Denoiser,
    /// `scale`; above 1 exaggerates the condition.
    pub scale: f64,
}

impl fmt::Debug for Guidance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guidance").field("scale", &self.scale).finish_non_exhaustive()
    }
}
