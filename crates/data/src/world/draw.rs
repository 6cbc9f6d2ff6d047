//! Seeded draws that are the same on every platform and with every later version of `rand`.
//!
//! Only the ChaCha8 stream itself is taken from a library; how a seed and an item index become a key, and how 64 bits
//! become a number, is fixed here, because these two are what random-number crates change between releases.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of random bits is for; streams of different purposes never share bits.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Which combinations are held out.
    Holdout = 1,
    /// What is in a scene.
    Scene = 2,
    /// What a caption mentions and how it says it.
    Caption = 3,
    /// Colour and place jitter, background and noise of an image.
    Pixels = 4,
    /// Where the patch of an occluded training image lies and how much it covers.
    TrainOcclusion = 5,
    /// The centre of an occluding patch.
    Occlusion = 6,
    /// The order in which words go.
    Words = 7,
    /// Which numbers of N-digit images are in training.
    DigitClasses = 8,
    /// Which digit images an N-digit image is made of.
    DigitParts = 9,
    /// The black squares over digits.
    DigitOcclusion = 10,
    /// Pairs of N-digit images.
    DigitPairs = 11,
    /// The symbols of a Markov chain.
    Chain = 12,
    /// Generated label maps.
    LabelMap = 13,
    /// Which symbols are substituted, and by what.
    Substitution = 14,
}

/// The random stream of one item: the ChaCha8 key is seed, purpose, group and index, little endian, side by side.
pub(crate) fn stream(seed: u64, purpose: Purpose, group: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    for (place, word) in key.chunks_exact_mut(8).zip([seed, purpose as u64, group, index]) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

/// A uniform integer in `0..bound`: the high half of `bits * bound`. Its bias, below `bound / 2^64`, cannot be seen.
pub(crate) fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    debug_assert!(bound > 0, "an empty range has no element to draw");
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

/// A uniform integer in `-reach..=reach`.
pub(crate) fn around_zero(rng: &mut ChaCha8Rng, reach: i32) -> i32 {
    below(rng, 2 * reach as usize + 1) as i32 - reach
}

/// A uniform number in `[0, 1)` with 53 random bits.
pub(crate) fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A uniformly random element of `choices`.
pub(crate) fn one_of<T: Copy>(rng: &mut ChaCha8Rng, choices: &[T]) -> T {
    choices[below(rng, choices.len())]
}

/// Puts `items` in a uniformly random order (Fisher and Yates).
pub(crate) fn shuffle<T>(rng: &mut ChaCha8Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last + 1));
    }
}
