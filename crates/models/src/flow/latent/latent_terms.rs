//! The two halves of a latent-variable bound.

use burn::tensor::Tensor;

/// One draw of the terms of `ln P(x) >= E_q [ln p(x | z)] - KL(q(z | x) || p(z))`, in nats for each sequence.
#[derive(Debug, Clone)]
pub struct LatentTerms {
    /// `ln p(x | z)`, `[B]`.
    pub log_likelihood: Tensor<1>,
    /// `ln q(z | x) - ln p(z)`, a draw whose mean is the divergence, `[B]`.
    pub kl: Tensor<1>,
}

impl LatentTerms {
    /// The bound, `ln p(x | z) - (ln q(z | x) - ln p(z))`, `[B]`; also the log-weight of an importance-weighted bound.
    pub fn elbo(&self) -> Tensor<1> {
        self.log_likelihood.clone() - self.kl.clone()
    }

    /// What training maximises while the divergence counts less: `ln p(x | z) - weight kl`, `[B]`. A bound only for weights of at least one.
    pub fn weighted(&self, weight: f64) -> Tensor<1> {
        self.log_likelihood.clone() - self.kl.clone() * weight
    }
}
