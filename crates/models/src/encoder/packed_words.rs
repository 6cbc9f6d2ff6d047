//! Word vectors of a batch without the padding, in the order in which a GRU reads them.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::words::check_lengths;
use crate::ModelError;

/// A batch of sequences as PyTorch packs it: rows sorted by length, longest first, then step after step the words that
/// exist at that step. Padding is not carried along, so it can neither cost time nor leak into a result.
///
/// Both reading directions are kept: the backward one reads each sequence from its own last word.
#[derive(Clone, Debug)]
pub struct PackedWords {
    /// Words in forward order, `[sum of lengths, d]`.
    pub(super) forward: Tensor<2>,
    /// Words in backward order, `[sum of lengths, d]`.
    pub(super) backward: Tensor<2>,
    /// Sequences that still run at each step; never grows.
    pub(super) running: Vec<usize>,
    /// Where each sequence of the batch went in the sorted order, `[B]`.
    pub(super) restore: Tensor<1, Int>,
    /// The same on the host, with the length of each sequence, in the order of the batch.
    places: Vec<(usize, usize)>,
}

impl PackedWords {
    /// Packs padded word vectors.
    ///
    /// # Shapes
    /// * `words`: `[B, L, d]`
    /// * `lengths`: `B` values in `1..=L`
    ///
    /// # Errors
    /// [`ModelError::NoSequences`], [`ModelError::LengthCount`], [`ModelError::Length`].
    pub fn new(words: Tensor<3>, lengths: &[usize]) -> Result<Self, ModelError> {
        let [batch, width, dim] = words.dims();
        check_lengths(lengths, batch, width)?;

        let mut order: Vec<usize> = (0..batch).collect();
        order.sort_by_key(|&row| std::cmp::Reverse(lengths[row])); // stable: equal lengths keep their order
        let mut restore = vec![0; batch];
        for (sorted, &row) in order.iter().enumerate() {
            restore[row] = sorted;
        }
        let places = restore.iter().copied().zip(lengths.iter().copied()).collect();

        let (mut forward, mut backward, mut running) = (Vec::new(), Vec::new(), Vec::new());
        for step in 0..lengths[order[0]] {
            let rows = order.iter().take_while(|&&row| lengths[row] > step);
            for &row in rows.clone() {
                forward.push(row * width + step);
                backward.push(row * width + lengths[row] - 1 - step);
            }
            running.push(rows.count());
        }

        let device = words.device();
        let flat = words.reshape([batch * width, dim]); // [B * L, d]
        Ok(Self {
            forward: flat.clone().select(0, indices(&forward, &device)), // [sum of lengths, d]
            backward: flat.select(0, indices(&backward, &device)),
            running,
            restore: indices(&restore, &device),
            places,
        })
    }

    /// Brings one output for each step of both readers into the order of the batch and of the words, padded with zeros.
    ///
    /// # Shapes
    /// * `forward`, `backward`: `[sum of lengths, H]`, packed in the order in which each reader met the words
    /// * output: twice `[B, longest, H]`
    pub(super) fn unpack(&self, forward: Tensor<2>, backward: Tensor<2>) -> [Tensor<3>; 2] {
        let (batch, longest) = (self.places.len(), self.running.len());
        let [packed, hidden] = forward.dims();
        let starts: Vec<usize> = self
            .running
            .iter()
            .scan(0, |next, &rows| {
                *next += rows;
                Some(*next - rows)
            })
            .collect();
        // A row of zeros behind the last one stands for every position past the end of its sequence.
        let (mut first, mut second) = (vec![packed; batch * longest], vec![packed; batch * longest]);
        for (row, &(place, length)) in self.places.iter().enumerate() {
            for (step, &start) in starts[..length].iter().enumerate() {
                first[row * longest + step] = start + place;
                second[row * longest + length - 1 - step] = start + place;
            }
        }
        let spread = |outputs: Tensor<2>, order: &[usize]| {
            let device = outputs.device();
            let zeros = Tensor::zeros([1, hidden], &device);
            let padded = Tensor::cat(vec![outputs, zeros], 0); // [sum of lengths + 1, H]
            padded.select(0, indices(order, &device)).reshape([batch, longest, hidden]) // [B, longest, H]
        };
        [spread(forward, &first), spread(backward, &second)]
    }
}

/// Positions as a tensor.
pub(super) fn indices(values: &[usize], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), &device.clone().without_autodiff())
}
