//! Match probabilities of queries and gallery, as something that neighbours are searched by.

use burn::tensor::Tensor;
use halation_core::divergence::MatchFunction;
use halation_core::metric::ScoreRows;
use rayon::prelude::*;
use std::ops::Range;

/// `ln p(m | x1, x2)` of every query and gallery item, with `p = 1/JK sum_jk sigmoid(gain (b - a ||z1_j - z2_k||))` over the samples of
/// both (Oh et al. 2019). For points this is a falling function of the distance.
///
/// A logarithm, because the probability of all near items rounds to 1 once training has made `b` large.
pub struct MatchScores {
    queries: Samples,
    gallery: Samples,
    scale: f32,
    shift: f32,
}

/// Samples of a set of items on the host.
struct Samples {
    values: Vec<f32>, // [N, J, D]
    dim: usize,
    of_item: usize, // J D
}

impl Samples {
    fn new(samples: Tensor<3>) -> Self {
        let [_, count, dim] = samples.dims();
        let values = samples.into_data_as::<f32>().try_into_vec().expect("converted to f32 just before");
        Self { values, dim, of_item: count * dim }
    }

    fn len(&self) -> usize {
        self.values.len() / self.of_item
    }

    fn item(&self, index: usize) -> &[f32] {
        &self.values[index * self.of_item..(index + 1) * self.of_item]
    }
}

impl MatchScores {
    /// Scores under a match function.
    ///
    /// # Shapes
    /// * `queries`: `[Q, J, D]`, `gallery`: `[G, K, D]`
    pub fn new(function: MatchFunction, queries: Tensor<3>, gallery: Tensor<3>) -> Self {
        let gain = f64::from(function.logit_gain());
        Self {
            queries: Samples::new(queries),
            gallery: Samples::new(gallery),
            scale: (gain * function.negative_scale()) as f32,
            shift: (gain * function.shift()) as f32,
        }
    }

    fn score(&self, query: &[f32], item: &[f32]) -> f32 {
        let (mut matching, mut differing) = (0.0f32, 0.0f32);
        for one in query.chunks_exact(self.queries.dim) {
            for other in item.chunks_exact(self.gallery.dim) {
                let squared: f32 = one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
                let logit = self.shift - self.scale * squared.sqrt();
                // Both sides from the exponential that cannot overflow.
                let small = (-logit.abs()).exp();
                let (minor, major) = (small / (1.0 + small), 1.0 / (1.0 + small));
                let (p, q) = if logit > 0.0 { (major, minor) } else { (minor, major) };
                matching += p;
                differing += q;
            }
        }
        let all = matching + differing;
        if matching > differing { (-differing / all).ln_1p() } else { (matching / all).ln() }
    }
}

impl ScoreRows for MatchScores {
    fn queries(&self) -> usize {
        self.queries.len()
    }

    fn gallery(&self) -> usize {
        self.gallery.len()
    }

    fn fill(&self, rows: Range<usize>, out: &mut [f32]) {
        let width = self.gallery();
        assert_eq!(out.len(), rows.len() * width, "one score for each query and gallery item");
        out.par_chunks_mut(width).zip(rows).for_each(|(out, row)| {
            let query = self.queries.item(row);
            for (index, score) in out.iter_mut().enumerate() {
                *score = self.score(query, self.gallery.item(index));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    #[test]
    fn scores_are_those_of_the_match_function_pair_by_pair() {
        let device = Device::flex();
        let values: Vec<f32> = (0..24).map(|i| (i as f32 * 0.37).sin() * 3.0).collect();
        let samples =
            |from: usize| Tensor::<3>::from_data(TensorData::new(values[from..from + 12].to_vec(), [2, 3, 2]), &device);
        for (scale, shift) in [(1.0, 0.5), (2.0, 9.0), (9.0, -3.0)] {
            let function = MatchFunction::new(scale, shift, 1).unwrap();
            let scores = MatchScores::new(function, samples(0), samples(12));
            let mut found = vec![0.0; 4];
            scores.fill(0..2, &mut found);
            for (place, found) in found.iter().enumerate() {
                let one = samples(0).narrow(0, place / 2, 1);
                let other = samples(12).narrow(0, place % 2, 1);
                let expected: f32 = function.log_match_of_samples(one, other).into_scalar();
                // f32 sums of nine terms in another order; the library adds 1e-6 under its root.
                assert!((found - expected).abs() <= 1e-4 * expected.abs().max(1.0), "{found} {expected}");
            }
        }
    }
}
