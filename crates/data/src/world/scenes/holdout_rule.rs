//! Which split a scene belongs to.

use sha2::{Digest, Sha256};

use super::{Colour, Holdout, Scene, Shape};
use crate::world::draw::{Purpose, shuffle, stream};

/// The three splits, in the order in which [`Scenes`](super::Scenes) holds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Split {
    Train,
    Val,
    Test,
}

/// The assignment of scenes to splits for one seed.
#[derive(Debug, Clone)]
pub(super) struct HoldoutRule {
    holdout: Holdout,
    seed: u64,
    split_of_pair: [[Split; Colour::ALL.len()]; Shape::ALL.len()],
}

impl HoldoutRule {
    pub(super) fn new(holdout: Holdout, seed: u64) -> Self {
        let mut rng = stream(seed, Purpose::Holdout, 0, 0);
        let mut shapes: Vec<usize> = (0..Shape::ALL.len()).collect();
        let mut colours: Vec<usize> = (0..Colour::ALL.len()).collect();
        shuffle(&mut rng, &mut shapes);
        shuffle(&mut rng, &mut colours);
        let mut split_of_pair = [[Split::Train; Colour::ALL.len()]; Shape::ALL.len()];
        // Two disjoint diagonals of the shuffled table: one pair per row and column for each.
        for (index, &shape) in shapes.iter().enumerate() {
            split_of_pair[shape][colours[index]] = Split::Test;
            split_of_pair[shape][colours[(index + 1) % colours.len()]] = Split::Val;
        }
        Self { holdout, seed, split_of_pair }
    }

    /// The pairs set aside for `split`, by shape, then by colour.
    pub(super) fn pairs(&self, split: Split) -> Vec<(Shape, Colour)> {
        Shape::ALL
            .into_iter()
            .flat_map(|shape| Colour::ALL.map(|colour| (shape, colour)))
            .filter(|&(shape, colour)| self.split_of_pair[shape as usize][colour as usize] == split)
            .collect()
    }

    /// The split of `scene`; `None` for a scene that mixes validation and test pairs, which no split takes.
    pub(super) fn split_of(&self, scene: &Scene) -> Option<Split> {
        let pair_split = |index: usize| {
            let object = &scene.objects[index];
            self.split_of_pair[object.shape as usize][object.colour as usize]
        };
        if self.holdout == Holdout::Multisets && scene.objects.len() > 1 {
            return Some(self.split_of_multiset(scene));
        }
        let has = |split| (0..scene.objects.len()).any(|index| pair_split(index) == split);
        match (has(Split::Val), has(Split::Test)) {
            (false, false) => Some(Split::Train),
            (true, false) => Some(Split::Val),
            (false, true) => Some(Split::Test),
            (true, true) => None,
        }
    }

    fn split_of_multiset(&self, scene: &Scene) -> Split {
        let mut pairs: Vec<[u8; 2]> = scene.objects.iter().map(|o| [o.shape as u8, o.colour as u8]).collect();
        pairs.sort_unstable();
        let hash = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(pairs.concat()).finalize();
        let mut word = [0u8; 8];
        word.copy_from_slice(&hash[..8]);
        match u64::from_le_bytes(word) % 10 {
            0 => Split::Test,
            1 => Split::Val,
            _ => Split::Train,
        }
    }
}
