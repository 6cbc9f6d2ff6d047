//! The importance-weighted bound, over any number of chunks of samples.

use burn::tensor::{Tensor, assert_shape};

use super::elbo_accumulator::read_back;
use crate::CoreError;

/// Gathers log-weights `ln p(v_s) - ln q(v_s | x)` of a batch of sequences and gives
/// `IWBO_S = ln (1/S sum_s w_s)` for each (Burda et al., 2016), which never falls in expectation as `S` grows and tends to `ln P(x)`.
///
/// The sum runs over all samples, whatever chunks they come in: a mean of chunk bounds would be a looser bound. Sums are kept in f64 next
/// to the largest weight, so nothing under- or overflows.
#[derive(Debug, Clone, PartialEq)]
pub struct IwboAccumulator {
    samples: usize,
    /// Largest log-weight of each sequence, and `sum_s exp(ln w_s - largest)`.
    largest: Vec<f64>,
    sum: Vec<f64>,
}

impl IwboAccumulator {
    /// Nothing gathered yet for `sequences` sequences.
    pub fn new(sequences: usize) -> Self {
        Self { samples: 0, largest: vec![f64::NEG_INFINITY; sequences], sum: vec![0.0; sequences] }
    }

    /// Adds one sample of each sequence.
    ///
    /// # Errors
    /// If a log-weight is NaN or plus infinity, or there is not one for each sequence: nothing is added then.
    pub fn update(&mut self, log_weights: &[f64]) -> Result<(), CoreError> {
        if log_weights.len() != self.sum.len() {
            return Err(CoreError::argument("log_weights", log_weights.len(), format!("{} of them", self.sum.len())));
        }
        if let Some((row, weight)) = log_weights.iter().enumerate().find(|(_, w)| w.is_nan() || **w == f64::INFINITY) {
            return Err(CoreError::argument("log_weights", format!("{weight} in row {row}"), "finite numbers of nats"));
        }
        self.samples += 1;
        for ((largest, sum), &weight) in self.largest.iter_mut().zip(&mut self.sum).zip(log_weights) {
            if weight > *largest {
                *sum = *sum * (*largest - weight).exp() + 1.0;
                *largest = weight;
            } else if weight > f64::NEG_INFINITY {
                *sum += (weight - *largest).exp();
            }
        }
        Ok(())
    }

    /// Adds a chunk of samples, which are read back from their device.
    ///
    /// # Shapes
    /// * `log_weights`: `[S, B]`, in nats
    ///
    /// # Errors
    /// As [`update`](Self::update) (samples before the bad one stay added), and if the tensor cannot be read back.
    ///
    /// # Panics
    /// If `B` is not the number of sequences.
    pub fn update_tensor(&mut self, log_weights: Tensor<2>) -> Result<(), CoreError> {
        let sequences = self.sum.len();
        assert_shape!(log_weights, [_, sequences]);
        let values = read_back(log_weights)?;
        values.chunks_exact(sequences.max(1)).try_for_each(|sample| self.update(sample))
    }

    /// Samples gathered for each sequence.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The bound of each sequence, `ln sum_s w_s - ln S`, in nats; minus infinity where all weights are zero, NaN before the first
    /// sample.
    pub fn bounds(&self) -> Vec<f64> {
        let log_samples = (self.samples as f64).ln();
        let bound = |(largest, sum): (&f64, &f64)| match (self.samples, *sum) {
            (0, _) => f64::NAN,
            (_, 0.0) => f64::NEG_INFINITY,
            (_, sum) => largest + sum.ln() - log_samples,
        };
        self.largest.iter().zip(&self.sum).map(bound).collect()
    }
}
