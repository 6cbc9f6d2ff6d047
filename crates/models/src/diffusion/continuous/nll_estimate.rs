//! What an evaluation by drawn noise found.

use std::f64::consts::LN_2;

/// A bound of the negative log-likelihood of some sequences, estimated from drawn noise.
#[derive(Clone, Debug, PartialEq)]
pub struct NllEstimate {
    /// Nats of each sequence, summed over its positions.
    pub nats: Vec<f64>,
    /// Noise levels drawn for each sequence.
    pub levels: usize,
}

impl NllEstimate {
    /// Mean over the sequences, in nats; NaN without sequences.
    pub fn mean(&self) -> f64 {
        self.nats.iter().sum::<f64>() / self.nats.len() as f64
    }

    /// Standard error of [`mean`](Self::mean) over sequences and noise, in nats; infinite below two sequences.
    pub fn standard_error(&self) -> f64 {
        let count = self.nats.len() as f64;
        if count < 2.0 {
            return f64::INFINITY;
        }
        let mean = self.mean();
        let squares: f64 = self.nats.iter().map(|nats| (nats - mean).powi(2)).sum();
        (squares / (count - 1.0) / count).sqrt()
    }

    /// Mean in bits for each of `length` symbols.
    pub fn bits_per_char(&self, length: usize) -> f64 {
        self.mean() / (length as f64 * LN_2)
    }
}
