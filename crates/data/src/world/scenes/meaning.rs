//! What a caption says of a scene.

use super::{Mention, Scene};

/// The mentions of a caption, in the order in which it makes them; none for "a scene".
///
/// Different mentions speak of different objects: "a circle and something red" needs a circle and *another* object that
/// is red. Nothing is said of how many further objects there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meaning {
    /// At most [`MAX_MENTIONS`](Self::MAX_MENTIONS).
    pub mentions: Vec<Mention>,
}

impl Meaning {
    /// Most mentions that a generated caption makes.
    pub const MAX_MENTIONS: usize = 3;

    /// Whether the caption is true of `scene`: whether its mentions can be assigned to *different* objects that they are
    /// true of (a system of distinct representatives).
    ///
    /// # Panics
    /// If there are more than eight objects or mentions; generated scenes and captions have four and three.
    pub fn is_true_of(&self, scene: &Scene) -> bool {
        assert!(scene.objects.len() <= 8 && self.mentions.len() <= 8, "at most eight objects and mentions");
        let mut candidates = [0u8; 8];
        for (set, mention) in candidates.iter_mut().zip(&self.mentions) {
            for (index, object) in scene.objects.iter().enumerate() {
                *set |= u8::from(mention.is_true_of(object)) << index;
            }
        }
        have_distinct_representatives(&candidates[..self.mentions.len()])
    }
}

/// Whether one element can be picked from every bit set of `sets` such that no two are the same.
///
/// Hall's theorem: it can, if and only if every subfamily's union has at least as many elements as the subfamily sets.
pub(super) fn have_distinct_representatives(sets: &[u8]) -> bool {
    (1u32..1 << sets.len()).all(|family| {
        let union =
            sets.iter().enumerate().filter(|(i, _)| family >> i & 1 == 1).fold(0, |union, (_, set)| union | set);
        union.count_ones() >= family.count_ones()
    })
}
