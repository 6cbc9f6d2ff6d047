//! The mean distance between samples.

use burn::tensor::Tensor;
use halation_kernels::math::LANES;

use super::{Direction, Divergence, SampleNoise, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{
        OfSampleDistances, SampleDistances, aligned_sample_distances, mean_over_samples, over_flipped_samples,
        sample_distances, tiled,
    },
};

/// Mean Euclidean distance over all `J^2` pairs of samples, `1/J^2 sum_jj' sqrt(||z1_j - z2_j'||^2 + 1e-6)`.
#[derive(Debug, Clone)]
pub struct SampledL2 {
    noise: SampleNoise,
}

impl SampledL2 {
    /// The measure, sampling with this noise.
    pub fn new(noise: SampleNoise) -> Self {
        Self { noise }
    }

    fn of_all_samples(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        let ([n, _], [m, _], j) = (query.dims(), gallery.dims(), self.noise.samples());
        tiled(n, m, j * j, |rows, columns| {
            let query = self.noise.sample_query(&query.rows(rows));
            let gallery = self.noise.sample_gallery(&gallery.rows(columns));
            mean_over_samples(sample_distances(query, gallery))
        })
    }
}

#[derive(Clone, Copy)]
struct MeanDistance;

impl OfSampleDistances for MeanDistance {
    #[inline(always)]
    fn of(&self, distances: &SampleDistances) -> [f32; LANES] {
        let [mean] = distances.mean(
            #[inline(always)]
            |distance, _| [distance],
        );
        mean
    }
}

impl Divergence for SampledL2 {
    fn name(&self) -> &'static str {
        "sampled-l2"
    }

    fn direction(&self) -> Direction {
        Direction::SmallerIsCloser
    }

    fn is_symmetric(&self) -> bool {
        true
    }

    fn pairwise(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        self.to_gallery(gallery).map_or_else(|| self.of_all_samples(query, gallery), |values| values(query))
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let (this, all) = (self.clone(), gallery.clone());
        over_flipped_samples(MeanDistance, self.noise.flips()?, gallery, move |query| this.of_all_samples(query, &all))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        let (query, gallery) = (self.noise.sample_query(query), self.noise.sample_gallery(gallery));
        mean_over_samples(aligned_sample_distances(query, gallery)).squeeze_dim(1)
    }
}
