//! A network as a sampler sees it: sequences in, probabilities out, and no more calls than needed.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::Decoding;
use crate::diffusion::denoiser::Denoiser;
use crate::diffusion::tensors::upload;

/// Logits `[R, L, K]` of `R` noisy sequences at their noise levels; the last argument says which rows of the batch they are.
pub type Network<'a> = Box<dyn Fn(&[Vec<usize>], &[f64], &[usize]) -> Tensor<3> + 'a>;

/// A network as a sampler sees it.
///
/// Where the network knows no noise level, a sequence that did not change since the last step is not computed again, so masked diffusion
/// needs at most `L` passes for each sequence, however fine its steps.
pub struct Predictor<'a> {
    network: Network<'a>,
    classes: usize,
    decoding: Decoding,
    time_free: bool,
    calls: usize,
    sequences: usize,
    seen: Vec<Vec<usize>>,
    guesses: Vec<Vec<f64>>,
}

impl<'a> Predictor<'a> {
    /// The network of `classes` classes, which runs on `device`; it is told noise levels, and its guesses are taken as they are.
    pub fn new(denoiser: &'a dyn Denoiser, classes: usize, device: &'a Device) -> Self {
        let network = move |tokens: &[Vec<usize>], time: &[f64], _: &[usize]| {
            denoiser.logits(upload_tokens(tokens, device), upload(time.to_vec(), [time.len()], device))
        };
        Self::with_network(Box::new(network), classes)
    }

    /// The same for any function.
    pub fn with_network(network: Network<'a>, classes: usize) -> Self {
        let decoding = Decoding::new();
        let (seen, guesses) = (Vec::new(), Vec::new());
        Self { network, classes, decoding, time_free: false, calls: 0, sequences: 0, seen, guesses }
    }

    /// The same with sharpened guesses.
    pub fn with_decoding(self, decoding: Decoding) -> Self {
        Self { decoding, ..self }
    }

    /// The same for a network that knows no noise level: it is told 0, and its guesses are kept while a sequence stays as it is.
    pub fn with_time_free(self, time_free: bool) -> Self {
        Self { time_free, ..self }
    }

    /// Number of classes `K`.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Passes through the network so far.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Sequences that went through the network so far.
    pub fn sequences(&self) -> usize {
        self.sequences
    }

    /// Probabilities of the clean symbols of each sequence that is needed, `L * K` each, position by position; the others hold
    /// what was last known of them, or nothing.
    ///
    /// # Panics
    /// If the network gives another shape than `[B, L, K]`.
    pub fn probabilities(&mut self, tokens: &[Vec<usize>], time: &[f64], needed: &[bool]) -> &[Vec<f64>] {
        if self.seen.len() != tokens.len() {
            self.seen = vec![Vec::new(); tokens.len()];
            self.guesses = vec![Vec::new(); tokens.len()];
        }
        let stale = |row: &usize| needed[*row] && (!self.time_free || self.seen[*row] != tokens[*row]);
        let rows: Vec<usize> = (0..tokens.len()).filter(stale).collect();
        if !rows.is_empty() {
            let (logits, size) = self.logits(tokens, time, &rows);
            for (&row, logits) in rows.iter().zip(logits.chunks(size)) {
                let guess = logits.chunks(self.classes).flat_map(|logits| self.decoding.probabilities(logits));
                self.guesses[row] = guess.collect();
                self.seen[row].clone_from(&tokens[row]);
            }
        }
        &self.guesses
    }

    fn logits(&mut self, tokens: &[Vec<usize>], time: &[f64], rows: &[usize]) -> (Vec<f64>, usize) {
        let logits = self.outputs(tokens, time, rows);
        let [_, length, classes] = logits.dims();
        assert_eq!(classes, self.classes, "the network has {classes} classes, the sampler {}", self.classes);
        (to_host(logits), length * classes)
    }

    /// What the network says of some rows, as it is, `[R, L, K]`.
    pub(super) fn outputs(&mut self, tokens: &[Vec<usize>], time: &[f64], rows: &[usize]) -> Tensor<3> {
        let chosen: Vec<Vec<usize>> = rows.iter().map(|&row| tokens[row].clone()).collect();
        let time: Vec<f64> = rows.iter().map(|&row| if self.time_free { 0.0 } else { time[row] }).collect();
        self.calls += 1;
        self.sequences += rows.len();
        (self.network)(&chosen, &time, rows)
    }
}

/// Values on the host, in f64.
pub(super) fn to_host(tensor: Tensor<3>) -> Vec<f64> {
    tensor.try_into_vec_as::<f64>().unwrap_or_else(|error| panic!("a network gives floats: {error}"))
}

/// Sequences of one length as a tensor, `[B, L]`.
pub(in crate::diffusion::continuous) fn upload_tokens(tokens: &[Vec<usize>], device: &Device) -> Tensor<2, Int> {
    let length = tokens.first().map_or(0, Vec::len);
    let ids: Vec<i64> = tokens.iter().flatten().map(|&id| id as i64).collect();
    Tensor::from_data(TensorData::new(ids, [tokens.len(), length]), device)
}
