//! The softplus threshold: everything but one coordinate is pressed below it.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::log_sigmoid;
use halation_kernels::softplus;

use super::{on_class, visible_gap};

/// Bends `u` below its own coordinate `x`: `T = u_x`, `v_x = u_x` and `v_k = T - softplus(T - u_k)` elsewhere, so that
/// `argmax v = x` (Argmax Flows, Hoogeboom et al., 2021, section 3.2).
///
/// Returns `v` and the terms of its log-Jacobian, `ln sigmoid(u_x - u_k)` for `k != x` and zero at `x`:
/// `ln q(v | x) = ln q(u | x) - sum_k terms_k`. The text experiments of the paper do not use this map but
/// [`sign_softplus`](super::sign_softplus()).
///
/// # Shapes
/// * `classes`: `[.., 1]`, below `M`; `u`: `[.., M]`
/// * returns: twice `[.., M]`
pub fn softplus_threshold<const R: usize>(classes: Tensor<R, Int>, u: Tensor<R>) -> (Tensor<R>, Tensor<R>) {
    let on_class = on_class(classes.clone(), u.dims()[R - 1]);
    let threshold = u.clone().gather(R - 1, classes); // [.., 1]
    let above = threshold.clone() - u; // T - u_k
    let gap = visible_gap(softplus(above.clone()), threshold.clone());
    let v = threshold - gap.mask_fill(on_class.clone(), 0.0);
    (v, log_sigmoid(above).mask_fill(on_class, 0.0))
}
