//! A categorical distribution at every position of every sequence.

use burn::tensor::{Int, Tensor, assert_shape};
use halation_kernels::log_softmax;

use super::gumbel_from_uniform;

/// `B x L` independent categorical distributions over `K` classes, held by the logarithms of their probabilities.
#[derive(Debug, Clone)]
pub struct Categorical {
    log_probs: Tensor<3>,
}

impl Categorical {
    /// The distributions `softmax(logits)`.
    ///
    /// # Shapes
    /// * `logits`: `[B, L, K]`
    pub fn new(logits: Tensor<3>) -> Self {
        Self { log_probs: log_softmax(logits, 2) }
    }

    /// Logarithms of the probabilities, `[B, L, K]`, in nats.
    pub fn log_probs(&self) -> Tensor<3> {
        self.log_probs.clone()
    }

    /// The probabilities, `[B, L, K]`.
    pub fn probs(&self) -> Tensor<3> {
        self.log_probs().exp()
    }

    /// Log-probability of one class at each position, in nats.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`
    /// * returns: `[B, L]`
    pub fn log_prob(&self, ids: Tensor<2, Int>) -> Tensor<2> {
        let [batch, length, _] = self.log_probs.dims();
        assert_shape!(ids, [batch, length]);
        self.log_probs().gather(2, ids.unsqueeze_dim(2)).squeeze_dim(2)
    }

    /// Entropy `-sum_k p_k ln p_k` of each position, in nats, `[B, L]`. A class of probability zero contributes nothing.
    pub fn entropy(&self) -> Tensor<2> {
        let finite = self.log_probs().clamp_min(f32::MIN);
        -(self.probs() * finite).sum_dim(2).squeeze_dim::<2>(2)
    }

    /// One draw at each position: `argmax_k (ln p_k + g_k)` with Gumbel noise `g` (Gumbel-max trick; Maddison et al., 2014).
    ///
    /// # Shapes
    /// * `uniform`: `[B, L, K]`, draws of U(0, 1)
    /// * returns: `[B, L]`
    pub fn sample(&self, uniform: Tensor<3>) -> Tensor<2, Int> {
        let [batch, length, classes] = self.log_probs.dims();
        assert_shape!(uniform, [batch, length, classes]);
        (self.log_probs() + gumbel_from_uniform(uniform)).argmax(2).squeeze_dim(2)
    }

    /// The likeliest class at each position, `[B, L]`; the lowest id among equals.
    pub fn mode(&self) -> Tensor<2, Int> {
        self.log_probs().argmax(2).squeeze_dim(2)
    }
}
