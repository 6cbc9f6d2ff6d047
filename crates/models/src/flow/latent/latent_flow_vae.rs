//! A variational auto-encoder of sequences with a flow for its prior.

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::{Int, Tensor, assert_shape};
use halation_core::categorical::Categorical;

use super::{LatentPrior, LatentTerms, PositionTable};
use crate::flow::tensors::{conditional_normal, sum_items};
use crate::flow::{Density, Lstm};

/// Latent Normalizing Flows for Discrete Sequences (Ziegler and Rush, 2019): a bidirectional LSTM gives a normal posterior for a latent at each
/// position, a flow is their prior, and all characters are independent given all latents.
///
/// The decoder's logits at a position see its own latent, the forward state of the position before and the backward state of the position
/// after. Positions enter both networks as learnt vectors, in place of the published one-hot codes.
#[derive(Module, Debug)]
pub struct LatentFlowVae {
    /// A vector for each class.
    pub embedding: Embedding,
    /// Where a position is.
    pub positions: PositionTable,
    /// Reads the characters.
    pub encoder: Lstm,
    /// To means and log standard deviations of the posterior.
    pub posterior: Linear,
    /// The prior over latents.
    pub prior: LatentPrior,
    /// Reads the latents.
    pub decoder: Lstm,
    /// To logits.
    pub output: Linear,
}

impl LatentFlowVae {
    /// One draw of the bound's terms for each sequence.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`; `noise`: `[B, L, D]`, draws of N(0, 1)
    ///
    /// # Panics
    /// If the noise has another shape, or `L` is larger than the longest sequence.
    pub fn forward(&self, ids: Tensor<2, Int>, noise: Tensor<3>) -> LatentTerms {
        let [batch, length] = ids.dims();
        assert_shape!(noise, [batch, length, _]);
        let (mean, log_std) = self.posterior(ids.clone());
        let (z, log_q) = conditional_normal(mean, log_std, noise);
        let kl = sum_items(log_q) - self.prior.log_prob(z.clone());
        let log_likelihood = self.decode(z).log_prob(ids).sum_dim(1).squeeze_dim(1);
        LatentTerms { log_likelihood, kl }
    }

    /// Mean and log standard deviation of `q(z | x)`, `[B, L, D]` each, for `ids` `[B, L]`.
    pub fn posterior(&self, ids: Tensor<2, Int>) -> (Tensor<3>, Tensor<3>) {
        let [batch, length] = ids.dims();
        let input = Tensor::cat(vec![self.embedding.forward(ids), self.positions.forward(batch, length)], 2);
        let both = self.posterior.forward(self.encoder.forward(input)); // [B, L, 2 D]
        let dim = both.dims()[2] / 2;
        (both.clone().narrow(2, 0, dim), both.narrow(2, dim, dim))
    }

    /// The distribution of the characters given latents `[B, L, D]`.
    pub fn decode(&self, z: Tensor<3>) -> Categorical {
        let [batch, length, _] = z.dims();
        let input = Tensor::cat(vec![z.clone(), self.positions.forward(batch, length)], 2);
        let states = self.decoder.forward(input); // [B, L, 2 H]
        let hidden = states.dims()[2] / 2;
        let zeros = Tensor::zeros([batch, 1, hidden], &z.device());
        let (before, after) = match length {
            1 => (zeros.clone(), zeros),
            _ => {
                let ahead = states.clone().narrow(2, 0, hidden).narrow(1, 0, length - 1);
                let back = states.narrow(2, hidden, hidden).narrow(1, 1, length - 1);
                (Tensor::cat(vec![zeros.clone(), ahead], 1), Tensor::cat(vec![back, zeros], 1))
            }
        };
        Categorical::new(self.output.forward(Tensor::cat(vec![z, before, after], 2)))
    }

    /// Draws sequences: latents from the prior, then each character.
    ///
    /// # Shapes
    /// * `noise`: `[B, L, D]`, draws of N(0, 1); `uniform`: `[B, L, K]`, draws of U(0, 1)
    /// * returns: `[B, L]`
    pub fn sample(&self, noise: Tensor<3>, uniform: Tensor<3>) -> Tensor<2, Int> {
        self.decode(self.prior.sample(noise)).sample(uniform)
    }
}
