//! What every sampler offers.

use super::{Canvas, Predictor};
use crate::diffusion::continuous::Uniforms;

/// A way from noise to sequences.
pub trait Sampler {
    /// Fills the canvas; given symbols stay as they are.
    ///
    /// # Shapes
    /// * `canvas`: `[B, L]`
    /// * returns: `B` sequences of `L` classes below `K`
    fn sample(&self, predictor: &mut Predictor<'_>, canvas: &Canvas, uniforms: Uniforms<'_>) -> Vec<Vec<usize>>;
}
