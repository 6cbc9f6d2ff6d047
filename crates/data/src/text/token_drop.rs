//! The training augmentation of caption tokens.

use super::Vocabulary;
use crate::sample::{index_below, unit};
use rand::Rng;

/// Replaces and deletes words of an encoded caption, as PCME trains.
///
/// Each word becomes `<unk>` with probability `rate`; then `floor(rate * ids.len())` words at random positions are
/// deleted. `<start>` and `<end>` stay, and so does one word.
///
/// The reference code counts, replaces and deletes over all ids, `<start>` and `<end>` included; here they only count
/// towards the number of deletions, so that every caption stays delimited.
pub fn drop_tokens(ids: &[i32], rate: f64, rng: &mut impl Rng) -> Vec<i32> {
    let mut out = ids.to_vec();
    for id in &mut out {
        if !matches!(*id, Vocabulary::START | Vocabulary::END) && unit(rng) < rate {
            *id = Vocabulary::UNKNOWN;
        }
    }
    for _ in 0..(rate * ids.len() as f64).floor() as usize {
        let words: Vec<usize> =
            (0..out.len()).filter(|&at| !matches!(out[at], Vocabulary::START | Vocabulary::END)).collect();
        if words.len() <= 1 {
            break;
        }
        out.remove(words[index_below(words.len(), rng)]);
    }
    out
}
