//! The Monte-Carlo match probability.

use burn::tensor::Tensor;
use halation_kernels::math::{self, LANES};

use super::{Direction, Divergence, MatchFunction, SampleNoise, ToGallery};
use crate::{
    dist::DiagNormal,
    pairs::{
        OfSampleDistances, SampleDistances, aligned_sample_distances, log_mean_exp_over_samples, over_flipped_samples,
        sample_distances, tiled,
    },
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

    fn of_all_samples(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<2> {
        let ([n, _], [m, _], j) = (query.dims(), gallery.dims(), self.noise.samples());
        tiled(n, m, j * j, |rows, columns| {
            let query = self.noise.sample_query(&query.rows(rows));
            let gallery = self.noise.sample_gallery(&gallery.rows(columns));
            log_mean_exp_over_samples(self.match_function.log_probability(sample_distances(query, gallery)))
        })
    }
}

/// The logarithm of the mean of `sigmoid(slope distance + offset)`.
#[derive(Clone, Copy)]
struct LogMeanMatch {
    slope: f32,
    offset: f32,
}

/// The smallest logit whose probability is added as it is: what is a ten-millionth of it is still a normal `f32`.
const SMALLEST_LOGIT: f32 = -60.0;

impl OfSampleDistances for LogMeanMatch {
    #[inline(always)]
    fn of(&self, distances: &SampleDistances) -> [f32; LANES] {
        let logit = |distance: f32| self.slope * distance + self.offset;
        // The logit rises or falls with the distance, so the largest is at one of the ends.
        let [nearest, farthest] = distances.range().map(|distance| distance.map(logit));
        let mut largest = nearest;
        for lane in 0..LANES {
            largest[lane] = if farthest[lane] > nearest[lane] { farthest[lane] } else { nearest[lane] };
        }
        if largest.iter().all(|&largest| largest > SMALLEST_LOGIT) {
            let [matches, mismatches] = distances.mean(
                #[inline(always)]
                |distance, _| math::both_sigmoids(logit(distance)).into(),
            );
            // Close to 1 a probability has lost what the probability of a mismatch still tells.
            let log = |(matches, mismatches): (f32, f32)| {
                if mismatches < 0.5 { (-mismatches).ln_1p() } else { matches.ln() }
            };
            return std::array::from_fn(|lane| log((matches[lane], mismatches[lane])));
        }
        // All probabilities of a pair may be too small for an `f32`: they are added in units of e^shift.
        let shift = largest.map(|largest| if largest < 0.0 { largest } else { 0.0 });
        let [mean] = distances.mean(
            #[inline(always)]
            |distance, lane| {
                let logit = logit(distance);
                let below = if logit < 0.0 { logit } else { 0.0 };
                [math::exp(below - shift[lane]) / (1.0 + math::exp(-logit.abs()))]
            },
        );
        std::array::from_fn(|lane| mean[lane].ln() + shift[lane])
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
        self.to_gallery(gallery).map_or_else(|| self.of_all_samples(query, gallery), |values| values(query))
    }

    fn to_gallery(&self, gallery: &DiagNormal) -> Option<ToGallery> {
        let gain = f64::from(self.match_function.logit_gain());
        let slope = -gain * self.match_function.negative_scale();
        let function = LogMeanMatch { slope: slope as f32, offset: (gain * self.match_function.shift()) as f32 };
        let (this, all) = (self.clone(), gallery.clone());
        over_flipped_samples(function, self.noise.flips()?, gallery, move |query| this.of_all_samples(query, &all))
    }

    fn aligned(&self, query: &DiagNormal, gallery: &DiagNormal) -> Tensor<1> {
        let (query, gallery) = (self.noise.sample_query(query), self.noise.sample_gallery(gallery));
        let log_probability = self.match_function.log_probability(aligned_sample_distances(query, gallery));
        log_mean_exp_over_samples(log_probability).squeeze_dim(1)
    }
}
