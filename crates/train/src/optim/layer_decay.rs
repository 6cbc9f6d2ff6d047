//! Smaller learning rates for deeper-buried blocks of a tower.

use serde::{Deserialize, Serialize};

/// Layer-wise learning-rate decay of one tower: block `i` of `depth` learns at `decay^(depth - i)` times the rate.
///
/// The last block has exponent 1, the first `depth`. The depth is counted in the module. The released PCME++ has 12 in its
/// place, which for the 24 blocks of a ViT-L/14 raises the rate of block 23 by `0.7^-11 = 50.6` instead of lowering it by
/// 0.7: name that with [`with_published_depth`](Self::with_published_depth) to repeat it.
///
/// In a recipe: `layer_decay = [{ blocks = "image.blocks", decay = 0.7 }]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerDecay {
    /// The path of the list of blocks: parameters at `<blocks>.<i>.*` belong to block `i`.
    pub blocks: String,
    /// The factor per block, above 0 and at most 1.
    pub decay: f64,
    /// The depth, where blocks of the tower lie outside the list (a branched last block); at least the list's length.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depth: Option<usize>,
    /// Whether `depth` is taken as published code has it, even where it is smaller than the list is long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published_depth: bool,
}

impl LayerDecay {
    /// Decays over the blocks of the list at path `blocks`, all of the tower.
    pub fn new(blocks: &str, decay: f64) -> Self {
        Self { blocks: blocks.to_owned(), decay, depth: None, published_depth: false }
    }

    /// States the depth of a tower whose last blocks are not in the list.
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self
    }

    /// Takes `depth` although the list may be longer, as published code does.
    pub fn with_published_depth(mut self, depth: usize) -> Self {
        self.depth = Some(depth);
        self.published_depth = true;
        self
    }

    /// The block that the parameter at `path` belongs to.
    pub fn block_of(&self, path: &str) -> Option<usize> {
        path.strip_prefix(self.blocks.as_str())?.strip_prefix('.')?.split('.').next()?.parse().ok()
    }

    /// `decay^(depth - block)`, where the list has `listed` blocks.
    pub fn factor(&self, block: usize, listed: usize) -> f64 {
        self.decay.powi(self.depth.unwrap_or(listed) as i32 - block as i32)
    }

    /// What is wrong with the numbers for a list of `listed` blocks, if anything.
    pub(super) fn problem(&self, listed: usize) -> Option<String> {
        if !(self.decay > 0.0 && self.decay <= 1.0) {
            return Some(format!("its decay {} is not in (0, 1]", self.decay));
        }
        match self.depth {
            Some(depth) if depth < listed && !self.published_depth => {
                Some(format!("its depth {depth} is less than the {listed} blocks there are, so that rates would grow"))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tower_of_24_blocks_gets_exponents_24_to_1_and_not_12_to_minus_11() {
        let decay = LayerDecay::new("tower.blocks", 0.7);
        for (block, exponent) in [(0, 24), (12, 12), (23, 1)] {
            assert_eq!(decay.factor(block, 24), 0.7_f64.powi(exponent), "block {block}");
        }
        assert_eq!(decay.factor(11, 12), 0.7);
        // What the released code does to the last block of a ViT-L/14.
        let published = decay.with_published_depth(12);
        assert!((published.factor(23, 24) - 50.57).abs() < 0.01);
    }

    #[test]
    fn blocks_are_read_off_the_path() {
        let decay = LayerDecay::new("tower.blocks", 0.7);
        assert_eq!(decay.block_of("tower.blocks.11.attention.weight"), Some(11));
        for other in ["tower.blocks", "tower.blocks_more.1.weight", "tower.embedding", "x.tower.blocks.1.weight"] {
            assert_eq!(decay.block_of(other), None, "{other}");
        }
    }
}
