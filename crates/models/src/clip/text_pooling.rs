//! Which token stands for a caption.

use burn::config::Config;
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::encoder::Words;

/// The token whose vector becomes the embedding of a caption.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum TextPooling {
    /// The first occurrence of the highest token id: the end-of-text token in OpenAI's vocabulary (49407), wherever
    /// the row's length lies.
    HighestToken,
    /// The last token before the row's length, for vocabularies whose end-of-text token is not the highest.
    LastToken,
}

impl TextPooling {
    /// Position of that token in each row.
    ///
    /// # Shapes
    /// * output: `[B]`
    pub fn positions(self, words: &Words) -> Tensor<1, Int> {
        let lengths = words.lengths();
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let tokens = words.tokens().clone();
        let device = tokens.device();
        match self {
            Self::LastToken => row_numbers(lengths.iter().map(|&length| length as i64 - 1).collect(), &device),
            Self::HighestToken => {
                // `id * T + (T - 1 - t)` is highest at the first occurrence of the highest id, without ties; what lies
                // past a row's length counts as -1. Ids to 49407 times 77 positions fit 32 bits.
                let ranks: Vec<i64> = (0..longest).rev().map(|rank| rank as i64).collect();
                let inside: Vec<i64> = lengths
                    .iter()
                    .flat_map(|&length| (0..longest).map(move |position| i64::from(position < length)))
                    .collect();
                let inside = Tensor::<2, Int>::from_data(TensorData::new(inside, [lengths.len(), longest]), &device);
                let score =
                    tokens.narrow(1, 0, longest) * longest as i64 + row_numbers(ranks, &device).unsqueeze::<2>();
                ((score + 1) * inside).argmax(1).squeeze_dim::<1>(1)
            }
        }
    }
}

fn row_numbers(values: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

/// One vector of each row.
///
/// # Shapes
/// * `tokens`: `[B, T, d]`; `positions`: `[B]`, below `T`
/// * output: `[B, d]`
pub(super) fn pick(tokens: Tensor<3>, positions: Tensor<1, Int>) -> Tensor<2> {
    let [batch, _, dim] = tokens.dims();
    let index = positions.reshape([batch, 1, 1]).expand([batch, 1, dim]);
    tokens.gather(1, index).squeeze_dim::<2>(1)
}
