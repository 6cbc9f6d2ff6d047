//! Small pieces that the bounds share.

use burn::tensor::{Int, Tensor};
use halation_kernels::log_softmax;

use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::upload;

/// The value of each row at each of its positions.
pub(super) fn repeat_each(rows: &[f64], length: usize) -> Vec<f64> {
    rows.iter().flat_map(|&value| std::iter::repeat_n(value, length)).collect()
}

/// Log-probabilities of the clean symbols, `[B, L, K]`.
pub(super) fn log_predictions(denoiser: &dyn Denoiser, tokens: Tensor<2, Int>, time: &[f64]) -> Tensor<3> {
    let time = upload(time.to_vec(), [time.len()], &tokens.device());
    log_softmax(denoiser.logits(tokens, time), 2)
}

/// The divergence of two jump rates, `e^s - r - r (s - ln r)` for each entry of the log-scores `s` and the true log-ratios `ln r`
/// (score entropy, Lou et al., 2024): never negative, zero where they agree.
///
/// Near agreement the difference of its terms loses every digit, so there it is `r (d^2/2 + d^3/6 + d^4/24 + d^5/120)` with
/// `d = s - ln r`.
pub(super) fn score_entropy(log_score: Tensor<3>, log_ratio: Tensor<3>) -> Tensor<3> {
    let gap = log_score.clone() - log_ratio.clone();
    let ratio = log_ratio.exp();
    let direct = log_score.exp() - ratio.clone() * (gap.clone() + 1.0);
    let near = gap.clone().abs().lower_elem(0.1);
    // Far from agreement the series may overflow, and its gradient must not reach the sum as 0 * infinity.
    let small = gap.clamp(-0.1, 0.1);
    let inner = (small.clone() * (1.0 / 60.0) + 1.0 / 12.0) * small.clone() + 1.0 / 3.0;
    let series = ratio * small.clone().square() * (inner * small + 1.0) * 0.5;
    direct.mask_where(near, series)
}
