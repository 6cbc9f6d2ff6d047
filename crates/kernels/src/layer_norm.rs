//! Layer normalisation.

use burn::tensor::{Tensor, module};

/// `(x - mean) / sqrt(variance + epsilon) gamma + beta` over the last axis, with the biased variance (Ba et al. 2016).
///
/// # Shapes
/// * `x`, output: `[.., D]`; `gamma`, `beta`: `[D]`
///
/// # Panics
/// If the shapes do not fit.
pub fn layer_norm<const R: usize>(x: Tensor<R>, gamma: Tensor<1>, beta: Option<Tensor<1>>, epsilon: f64) -> Tensor<R> {
    let [width] = gamma.dims();
    assert_eq!(x.dims()[R - 1], width, "the last axis of the input has as many numbers as gamma");
    if let Some(beta) = &beta {
        assert_eq!(beta.dims(), [width], "beta has as many numbers as gamma");
    }
    #[cfg(feature = "flex")]
    if width > 0 {
        use crate::flex::{LayerNorm, Operand, run};
        let shift = match &beta {
            Some(beta) => Operand::of(beta),
            None => Operand::zeros(width),
        };
        if let (Some(x), Some(gamma), Some(shift)) = (Operand::of(&x), Operand::of(&gamma), shift) {
            return run(LayerNorm { epsilon: epsilon as f32 }, [x, gamma, shift]);
        }
    }
    module::layer_norm(x, gamma, beta, epsilon)
}
