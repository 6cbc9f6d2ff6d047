//! From the distance of two points to the probability that they match.

use burn::tensor::Tensor;
use halation_kernels::log_sigmoid;

use crate::{
    CoreError,
    pairs::{aligned_sample_distances, log_mean_exp_over_samples},
};

/// The match probability of two points, `p = sigmoid(gain (b - a ||z1 - z2||))` (Oh et al., ICLR 2019).
///
/// The paper's form has gain 1. PCME's code evaluates `e^s / (e^s + e^-s) = sigmoid(2 s)`, gain 2: its `a` and `b` are half of those the
/// paper means. Numbers are only comparable together with their gain.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchFunction {
    negative_scale: f64,
    shift: f64,
    logit_gain: u32,
}

impl MatchFunction {
    /// The match function with scale `a`, shift `b` and a gain of 1 or 2.
    ///
    /// # Errors
    /// If the gain is another number, or `a` or `b` is not finite.
    pub fn new(negative_scale: f64, shift: f64, logit_gain: u32) -> Result<Self, CoreError> {
        for (argument, value) in [("negative_scale", negative_scale), ("shift", shift)] {
            if !value.is_finite() {
                return Err(CoreError::argument(argument, value, "a finite number"));
            }
        }
        if !(1..=2).contains(&logit_gain) {
            let expected = "1 (the paper's sigmoid(s)) or 2 (the sigmoid(2 s) of PCME's code)";
            return Err(CoreError::argument("logit_gain", logit_gain, expected));
        }
        Ok(Self { negative_scale, shift, logit_gain })
    }

    /// What a loss has learnt, valid or not: a diverged scalar shows up as NaN scores instead of hiding behind an error.
    pub(crate) fn from_trained(negative_scale: f64, shift: f64, logit_gain: u32) -> Self {
        Self { negative_scale, shift, logit_gain }
    }

    /// The scale `a` of the distance.
    pub fn negative_scale(&self) -> f64 {
        self.negative_scale
    }

    /// The shift `b`.
    pub fn shift(&self) -> f64 {
        self.shift
    }

    /// The gain of the logit, 1 or 2.
    pub fn logit_gain(&self) -> u32 {
        self.logit_gain
    }

    /// `ln p` of every distance, exact where `p` itself rounds to 0 or 1.
    pub fn log_probability<const R: usize>(&self, distances: Tensor<R>) -> Tensor<R> {
        log_sigmoid(self.logits(distances))
    }

    /// `ln p` of pairs of items in the same place, from samples of their embeddings: `ln(1/JK sum_jk p(m | z1_j, z2_k))`, the verification
    /// score of HIB (Oh et al., ICLR 2019) for every kind of embedding that is sampled.
    ///
    /// # Shapes
    /// * `left`: `[P, J, D]`, `right`: `[P, K, D]`
    /// * returns: `[P]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn log_match_of_samples(&self, left: Tensor<3>, right: Tensor<3>) -> Tensor<1> {
        log_mean_exp_over_samples(self.log_probability(aligned_sample_distances(left, right))).squeeze_dim(1)
    }

    /// The uncertainty of HIB, `eta(x) = 1 - p(m | x, x)`: how often two independent draws of one item do not match, from 0 to 1.
    ///
    /// # Shapes
    /// * `one`: `[N, J, D]`, `other`: `[N, K, D]`, two independent sets of samples of the same items; with one set twice, every draw is also
    ///   compared with itself, and the uncertainty comes out too low
    /// * returns: `[N]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn self_mismatch(&self, one: Tensor<3>, other: Tensor<3>) -> Tensor<1> {
        // The mean probability of a mismatch rather than 1 minus that of a match, which rounds to 0 for certain items.
        let log_mismatch = log_sigmoid(-self.logits(aligned_sample_distances(one, other)));
        log_mean_exp_over_samples(log_mismatch).squeeze_dim::<1>(1).exp()
    }

    fn logits<const R: usize>(&self, distances: Tensor<R>) -> Tensor<R> {
        (distances * -self.negative_scale + self.shift) * f64::from(self.logit_gain)
    }
}
