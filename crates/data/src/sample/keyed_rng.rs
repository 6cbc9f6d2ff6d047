//! Random numbers as a function of what they are for, the same on every platform and in every version.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are for; two uses with the same seed, epoch and item never share a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// The order of an epoch.
    Order = 1,
    /// Which caption of an image, or image of a caption.
    Draw = 2,
    /// The random transforms of an image.
    Image = 3,
    /// The token augmentation of a caption.
    Caption = 4,
    /// Initial values of word vectors.
    Words = 5,
    /// Which images of a batch are mixed, and how.
    Mix = 6,
    /// Where the crops of a text begin.
    Crop = 7,
    /// Flips and shifts of label maps.
    LabelMap = 8,
}

/// ChaCha with 8 rounds, whose 256-bit key is `seed`, `epoch`, `item` and `stream`, each 8 bytes little endian.
pub fn keyed_rng(seed: u64, epoch: u64, item: u64, stream: Stream) -> ChaCha8Rng {
    let mut key = [0; 32];
    for (bytes, part) in key.chunks_exact_mut(8).zip([seed, epoch, item, stream as u64]) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A uniform index below `bound`: the high word of one 64-bit draw times `bound` (bias below `bound / 2^64`).
///
/// Written out because the libraries' ranges may change with a version, and a resumed run must not.
///
/// # Panics
/// If `bound` is 0.
pub fn index_below(bound: usize, rng: &mut impl Rng) -> usize {
    assert!(bound > 0, "no index is below 0");
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

/// A uniform number in `[0, 1)`: the upper 53 bits of one 64-bit draw.
pub fn unit(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A uniform number in `[low, high)`.
pub fn uniform(low: f64, high: f64, rng: &mut impl Rng) -> f64 {
    low + (high - low) * unit(rng)
}
