//! What one pass over a batch gives: something to minimise, something to report, something to learn from.

use burn::tensor::Tensor;

/// Estimates from one step `t` for each sequence, in nats for the whole sequence.
#[derive(Debug, Clone)]
pub struct DiffusionLoss {
    /// What training minimises, `[B]`: `(L_t + lambda CE_t) / q(t) + L_prior`.
    pub objective: Tensor<1>,
    /// An unbiased estimate of the bound on `-ln p(x_0)`, `[B]`: `L_t / q(t) + L_prior`. Without the auxiliary term, which
    /// is no part of the bound.
    pub bound: Tensor<1>,
    /// `L_t`, `[B]`: what [`TimeSampler::update`](super::TimeSampler::update) learns from.
    pub term: Tensor<1>,
}
