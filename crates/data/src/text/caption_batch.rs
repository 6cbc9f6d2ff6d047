//! Captions of unequal length as one rectangle of ids.

use super::Vocabulary;

/// A batch of token ids, padded on the right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptionBatch {
    /// Ids, `[B, L]` row-major; `L` is the longest length.
    pub tokens: Vec<i32>,
    /// The number of ids of each caption, `<start>` and `<end>` included; at least 1.
    pub lengths: Vec<usize>,
}

impl CaptionBatch {
    /// Pads `captions` with [`Vocabulary::PAD`] to the longest of them.
    ///
    /// # Panics
    /// If a caption has no ids at all: encode captions with a [`Vocabulary`], which adds `<start>` and `<end>`.
    pub fn new<T: AsRef<[i32]>>(captions: &[T]) -> Self {
        let lengths: Vec<usize> = captions.iter().map(|ids| ids.as_ref().len()).collect();
        assert!(lengths.iter().all(|&length| length > 0), "a caption without any token id");
        let width = lengths.iter().copied().max().unwrap_or(0);
        let mut tokens = vec![Vocabulary::PAD; captions.len() * width]; // [B, L]
        for (row, ids) in captions.iter().enumerate() {
            tokens[row * width..][..ids.as_ref().len()].copy_from_slice(ids.as_ref());
        }
        Self { tokens, lengths }
    }

    /// The number of captions, B.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there is no caption.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The padded length, L.
    pub fn width(&self) -> usize {
        self.lengths.iter().copied().max().unwrap_or(0)
    }
}
