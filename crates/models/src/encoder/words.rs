//! A batch of captions as word indices with lengths.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::ModelError;

/// Word indices `[B, L]`, padded on the right, and the true length of each row, `1..=L`.
#[derive(Clone, Debug)]
pub struct Words {
    tokens: Tensor<2, Int>,
    lengths: Vec<usize>,
}

impl Words {
    /// Joins a padded index matrix and its lengths.
    ///
    /// # Shapes
    /// * `tokens`: `[B, L]`; indices past a row's length are never used
    /// * `lengths`: `B` values
    ///
    /// # Errors
    /// [`ModelError::NoSequences`], [`ModelError::LengthCount`], [`ModelError::Length`].
    pub fn new(tokens: Tensor<2, Int>, lengths: Vec<usize>) -> Result<Self, ModelError> {
        let [rows, width] = tokens.dims();
        check_lengths(&lengths, rows, width)?;
        Ok(Self { tokens, lengths })
    }

    /// Pads sequences of word indices to the longest with `pad` and checks each against the vocabulary.
    ///
    /// # Errors
    /// [`ModelError::NoSequences`], [`ModelError::Length`] (an empty sequence), [`ModelError::Token`].
    pub fn from_sequences<S: AsRef<[usize]>>(
        sequences: &[S],
        pad: usize,
        vocabulary: usize,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let lengths: Vec<usize> = sequences.iter().map(|sequence| sequence.as_ref().len()).collect();
        let width = lengths.iter().copied().max().unwrap_or(0);
        check_lengths(&lengths, lengths.len(), width)?;
        let mut flat = vec![pad as i64; lengths.len() * width];
        for (row, sequence) in sequences.iter().enumerate() {
            for (position, &token) in sequence.as_ref().iter().enumerate() {
                if token >= vocabulary {
                    return Err(ModelError::Token { row, position, token, vocabulary });
                }
                flat[row * width + position] = token as i64;
            }
        }
        let tokens = Tensor::from_data(TensorData::new(flat, [lengths.len(), width]), device);
        Ok(Self { tokens, lengths })
    }

    /// Indices, `[B, L]`.
    pub fn tokens(&self) -> &Tensor<2, Int> {
        &self.tokens
    }

    /// Length of each row.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }
}

/// Every one of `rows` sequences has a length in `1..=width`.
pub(crate) fn check_lengths(lengths: &[usize], rows: usize, width: usize) -> Result<(), ModelError> {
    if rows == 0 {
        return Err(ModelError::NoSequences);
    }
    if lengths.len() != rows {
        return Err(ModelError::LengthCount { rows, lengths: lengths.len() });
    }
    match lengths.iter().position(|&length| length == 0 || length > width) {
        Some(row) => Err(ModelError::Length { row, length: lengths[row], width }),
        None => Ok(()),
    }
}
