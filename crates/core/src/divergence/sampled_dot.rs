//! The mean inner product of samples.

use burn::tensor::Tensor;

use super::{Direction, Divergence, SampleNoise, sample_noise::sample};
use crate::dist::DiagNormal;

/// Mean inner product over all `J^2` pairs of samples, `1/J^2 sum_jj' z1_j . z2_j'`: the default (`matmul`) of PCME's repository up to the
/// constant `J^2`. It is the inner product of the two sample means, so one matrix product. Larger is closer.
#[derive(Debug, Clone)]
pub struct SampledDot {
    noise: SampleNoise,
}

impl SampledDot {
    /// The measure, sampling with this noise.
    pub fn new(noise: SampleNoise) -> Self {
        Self { noise }
    }

    fn sample_means(&self, query: &DiagNormal, gallery: &DiagNormal) -> (Tensor<2>, Tensor<2>) {
        // All items share the draws, so the mean of an item's samples is its sample of the mean draw.
        let query = sample(query, self.noise.query_draws().mean_dim(0)).squeeze_dim(1); // [N, D]
        let gallery = sample(gallery, self.noise.gallery_draws().mean_dim(0)).squeeze_dim(1); // [M, D]
        (query, gallery)
    }
}

impl Divergence for SampledDot {
    fn name(&self) -> &'static str {
        "sampled-dot"
    }

    fn direction(&self) -> Direction {
        Direction::LargerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        let (query, gallery) = self.sample_means(query, gallery);
        query.matmul(gallery.transpose())
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        let (query, gallery) = self.sample_means(query, gallery);
        (query * gallery).sum_dim(1).squeeze_dim(1)
    }
}
