//! Gumbel noise given which coordinate is the largest.

use burn::tensor::{Int, Tensor};
use halation_core::categorical::{UNIFORM_RANGE, log_sum_exp_keepdim};
use halation_kernels::softplus;

use super::{on_class, visible_gap};

/// Draws Gumbel variables with locations `phi` given that the one at `x` is the largest (Maddison et al., 2014; Argmax Flows, 2021,
/// section 3.2): the largest is `v_x = ln sum_k e^phi_k - ln(-ln u_x)`, the others are Gumbel truncated at it.
///
/// Returns `v` and the terms of its log-density, `loc_k - v_k + ln u_k` with `loc_x = ln sum_k e^phi_k` and `loc_k = phi_k` elsewhere:
/// `ln q(v | x) = sum_k terms_k`. Nothing cancels in this form. If `p(v)` is the product of the same Gumbel densities,
/// `ln p(v) - ln q(v | x) = ln softmax(phi)_x` for every draw.
///
/// # Shapes
/// * `classes`: `[.., 1]`, below `M`; `locations`, `u`: `[.., M]`, `u` draws of U(0, 1), cut to
///   [`UNIFORM_RANGE`]
/// * returns: twice `[.., M]`
pub fn gumbel_argmax<const R: usize>(
    classes: Tensor<R, Int>,
    locations: Tensor<R>,
    u: Tensor<R>,
) -> (Tensor<R>, Tensor<R>) {
    let [low, high] = UNIFORM_RANGE;
    let log_u = u.clamp(low, high).log();
    let noise = -(-log_u.clone()).log();
    conditional_gumbel(classes, locations, log_u, noise)
}

/// [`gumbel_argmax`] for noise given as `ln u` and `-ln(-ln u)`.
pub(super) fn conditional_gumbel<const R: usize>(
    classes: Tensor<R, Int>,
    locations: Tensor<R>,
    log_u: Tensor<R>,
    noise: Tensor<R>,
) -> (Tensor<R>, Tensor<R>) {
    let count = locations.dims()[R - 1];
    let on_class = on_class(classes.clone(), count);
    let top = log_sum_exp_keepdim(locations.clone(), R - 1); // [.., 1]
    let largest = top.clone() + noise.clone().gather(R - 1, classes); // [.., 1]
    // The truncated quantile phi - ln(e^(phi - T) - ln u) is T - softplus(T - g) for the free draw g: the gap to T stays exact.
    let free = locations.clone() + noise;
    let gap = visible_gap(softplus(largest.clone() - free), largest.clone());
    let v = largest - gap.mask_fill(on_class.clone(), 0.0);
    let locations = locations.mask_where(on_class, top.expand(v.dims()));
    let terms = locations - v.clone() + log_u;
    (v, terms)
}
