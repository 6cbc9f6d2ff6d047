//! The Kullback-Leibler divergence between categorical distributions.

use burn::tensor::{Tensor, assert_shape};

/// `KL(p || q) = sum_k p_k (ln p_k - ln q_k)` at each position, in nats.
///
/// A class with `ln p_k = -inf` contributes nothing, whatever `q` gives it; one that only `q` excludes makes the divergence huge (8e37
/// `p_k`), not infinite, so that nothing here turns into NaN, value or gradient.
///
/// # Shapes
/// * `log_p`, `log_q`: `[B, L, K]`, normalised over the last axis
/// * returns: `[B, L]`
pub fn categorical_kl(log_p: Tensor<3>, log_q: Tensor<3>) -> Tensor<2> {
    let [batch, length, classes] = log_p.dims();
    assert_shape!(log_q, [batch, length, classes]);
    let finite = |log: Tensor<3>| log.clamp_min(f32::MIN / 4.0); // leaves room for the difference
    (log_p.clone().exp() * (finite(log_p) - finite(log_q))).sum_dim(2).squeeze_dim(2)
}
