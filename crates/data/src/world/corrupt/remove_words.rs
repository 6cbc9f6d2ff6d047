//! Words taken out of a caption.

use super::share_of;
use crate::DataError;
use crate::world::draw::{Purpose, shuffle, stream};

/// `caption` without `round(fraction * words)` of its words; one word always stays, because encoders cannot read none.
///
/// Words are what white space separates. The order in which they go is a uniformly random permutation given by `seed`
/// and the number of words, so for one seed the words that remain at a larger fraction are among those that remain at a
/// smaller one. Works for any caption.
///
/// # Errors
/// [`DataError::Invalid`] if `fraction` is not in `[0, 1]`.
///
/// Source: the ambiguity curve of Chun et al. 2021 (PCME). See [`mask_words`] for the form that keeps the length.
pub fn remove_words(caption: &str, fraction: f64, seed: u64) -> Result<String, DataError> {
    let words: Vec<&str> = caption.split_whitespace().collect();
    let gone = share_of(words.len(), fraction, "removed words")?.min(words.len().saturating_sub(1));
    let marked = first_to_go(words.len(), gone, seed);
    let kept: Vec<&str> = words.iter().zip(&marked).filter(|(_, gone)| !**gone).map(|(&word, _)| word).collect();
    Ok(kept.join(" "))
}

/// `caption` with `round(fraction * words)` of its words replaced by `mask` (such as a vocabulary's unknown word).
///
/// The same words as in [`remove_words`] go first; here all of them may go.
///
/// # Errors
/// [`DataError::Invalid`] if `fraction` is not in `[0, 1]`.
pub fn mask_words(caption: &str, fraction: f64, seed: u64, mask: &str) -> Result<String, DataError> {
    let words: Vec<&str> = caption.split_whitespace().collect();
    let gone = share_of(words.len(), fraction, "masked words")?;
    let marked = first_to_go(words.len(), gone, seed);
    let read: Vec<&str> = words.iter().zip(&marked).map(|(&word, &gone)| if gone { mask } else { word }).collect();
    Ok(read.join(" "))
}

/// Which of `words` are among the first `gone` of the permutation that belongs to `seed`.
fn first_to_go(words: usize, gone: usize, seed: u64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..words).collect();
    shuffle(&mut stream(seed, Purpose::Words, words as u64, 0), &mut order);
    let mut marked = vec![false; words];
    for &word in &order[..gone] {
        marked[word] = true;
    }
    marked
}
