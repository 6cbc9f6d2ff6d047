//! The Monte-Carlo match probability.

use burn::tensor::Tensor;

use super::{Direction, Divergence, MatchFunction, SampleNoise};
use crate::{
    dist::DiagNormal,
    pairs::{aligned_sample_distances, log_mean_exp_over_samples, sample_distances, tiled},
};

/// Logarithm of the match probability averaged over all `J^2` pairs of samples,
/// `ln(1/J^2 sum_jj' sigmoid(gain (b - a sqrt(||z1_j - z2_j'||^2 + 1e-6))))`: what PCME (CVPR 2021) trains and ranks by. Larger is closer.
///
/// The logarithm keeps apart what the probability itself would round to exact ties at 0 and 1.
#[derive(Debug, Clone)]
pub struct MatchProbability {
    match_function: MatchFunction,
    noise: SampleNoise,
}

impl MatchProbability {
    /// The measure with this match function, sampling with this noise.
    pub fn new(match_function: MatchFunction, noise: SampleNoise) -> Self {
        Self { match_function, noise }
    }
}

impl Divergence for MatchProbability {
    fn name(&self) -> &'static str {
        "match-probability"
    }

    fn direction(&self) -> Direction {
        Direction::LargerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        let ([n, _], [m, _], j) = (query.dims(), gallery.dims(), self.noise.samples());
        tiled(n, m, j * j, |rows, columns| {
            let query = self.noise.sample_query(&query.rows(rows));
            let gallery = self.noise.sample_gallery(&gallery.rows(columns));
            log_mean_exp_over_samples(self.match_function.log_probability(sample_distances(query, gallery)))
        })
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        let (query, gallery) = (self.noise.sample_query(query), self.noise.sample_gallery(gallery));
        let log_probability = self.match_function.log_probability(aligned_sample_distances(query, gallery));
        log_mean_exp_over_samples(log_probability).squeeze_dim(1)
    }
}
