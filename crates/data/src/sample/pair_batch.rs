//! One batch of image-caption pairs.

use crate::caption::Matches;

/// Pairs, and everything that matches among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairBatch {
    /// Image indices of the pairs, B.
    pub images: Vec<usize>,
    /// Caption indices of the pairs, B.
    pub captions: Vec<usize>,
    /// Whether image `row` matches caption `column`, `[B, B]` row-major: true on the diagonal, and wherever else the
    /// ground truth says so, so that no positive is trained as a negative.
    pub matches: Vec<bool>,
}

impl PairBatch {
    /// The batch of `pairs` with its match matrix.
    ///
    /// # Panics
    /// If an index is out of range of `matches`.
    pub fn new(pairs: &[(usize, usize)], matches: &Matches) -> Self {
        let (images, captions): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let cells = images.iter().flat_map(|&image| captions.iter().map(move |&caption| (image, caption)));
        let matches = cells.map(|(image, caption)| matches.contains(image, caption)).collect(); // [B, B]
        Self { images, captions, matches }
    }

    /// The number of pairs, B.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }
}
