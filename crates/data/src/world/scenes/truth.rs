//! The complete ground truth of a split, fast.

use rayon::prelude::*;

use super::meaning::have_distinct_representatives;
use super::{Meaning, Mention, Scene};
use crate::caption::Matches;

/// Checks every caption against every image: `images` and `captions` match where the meaning is true of the scene.
///
/// Attributes become one bit each, so that a mention is true of an object where it has no bit that the object lacks. The
/// definition that this must agree with is [`Meaning::is_true_of`].
pub(super) fn complete_matches(scenes: &[Scene], meanings: &[Meaning]) -> Matches {
    let scene_bits: Vec<Vec<u32>> =
        scenes.iter().map(|scene| scene.objects.iter().map(|object| bits(&object.full_mention())).collect()).collect();
    let images_of: Vec<Vec<usize>> = meanings
        .par_iter()
        .map(|meaning| {
            let said: Vec<u32> = meaning.mentions.iter().map(bits).collect();
            (0..scenes.len()).filter(|&image| holds(&said, &scene_bits[image])).collect()
        })
        .collect();
    let pairs =
        images_of.iter().enumerate().flat_map(|(caption, images)| images.iter().map(move |&image| (image, caption)));
    Matches::from_pairs(scenes.len(), meanings.len(), pairs)
}

fn holds(said: &[u32], objects: &[u32]) -> bool {
    let mut candidates = [0u8; Meaning::MAX_MENTIONS];
    for (set, mention) in candidates.iter_mut().zip(said) {
        *set =
            objects.iter().enumerate().fold(0, |set, (index, object)| set | u8::from(mention & !object == 0) << index);
        if *set == 0 {
            return false;
        }
    }
    have_distinct_representatives(&candidates[..said.len()])
}

/// One bit per attribute value that is said.
fn bits(mention: &Mention) -> u32 {
    let bit = |value: Option<u32>, first: u32| value.map_or(0, |value| 1 << (first + value));
    bit(mention.shape.map(|value| value as u32), 0)
        | bit(mention.colour.map(|value| value as u32), 8)
        | bit(mention.size.map(|value| value as u32), 16)
        | bit(mention.row.map(|value| value as u32), 20)
        | bit(mention.column.map(|value| value as u32), 24)
}
