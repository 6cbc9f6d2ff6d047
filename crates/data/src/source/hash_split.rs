//! Splits drawn by a hash of an item's id: stable when items are added, removed or reordered.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Fractions of a `train` / `val` / `test` split and the seed of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashSplit {
    /// Expected fraction of images in `val`.
    pub val: f64,
    /// Expected fraction of images in `test`.
    pub test: f64,
    /// Another seed, another split.
    pub seed: u64,
}

impl Default for HashSplit {
    /// 80 / 10 / 10, seed 0.
    fn default() -> Self {
        Self { val: 0.1, test: 0.1, seed: 0 }
    }
}

impl HashSplit {
    /// The split of the item `id`: `test`, `val` or `train`.
    ///
    /// `u` is the first 53 bits of SHA-256 over the seed (8 bytes, little endian) and the id, divided by `2^53`;
    /// `u < test` is `test`, `u < test + val` is `val`, the rest is `train`.
    pub fn split_of(&self, id: &str) -> &'static str {
        let digest = Sha256::new().chain_update(self.seed.to_le_bytes()).chain_update(id).finalize();
        let head = digest[..8].iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
        let u = (head >> 11) as f64 / (1u64 << 53) as f64;
        if u < self.test {
            "test"
        } else if u < self.test + self.val {
            "val"
        } else {
            "train"
        }
    }

    /// The indices of `ids` in each of the three splits; a split may be empty, none is absent.
    pub fn assign<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, Vec<usize>> {
        let mut splits: BTreeMap<String, Vec<usize>> =
            ["train", "val", "test"].into_iter().map(|name| (name.to_owned(), Vec::new())).collect();
        for (index, id) in ids.into_iter().enumerate() {
            splits.get_mut(self.split_of(id)).expect("every split name is there").push(index);
        }
        splits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fractions_are_met_and_the_seed_changes_the_split() {
        let ids: Vec<String> = (0..20_000).map(|index| index.to_string()).collect();
        let split = HashSplit { val: 0.1, test: 0.2, seed: 1 };
        let counts = split.assign(ids.iter().map(String::as_str));
        // Four standard deviations of a binomial count.
        assert!(counts["val"].len().abs_diff(2_000) < 170, "{}", counts["val"].len());
        assert!(counts["test"].len().abs_diff(4_000) < 227, "{}", counts["test"].len());
        assert_eq!(counts.values().map(Vec::len).sum::<usize>(), 20_000);
        let other = HashSplit { seed: 2, ..split };
        assert_ne!(counts, other.assign(ids.iter().map(String::as_str)));
    }

    #[test]
    fn the_split_of_an_item_does_not_depend_on_the_others() {
        let split = HashSplit::default();
        let whole = split.assign(["a", "b", "c", "d"]);
        for (index, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
            assert!(whole[split.split_of(id)].contains(&index));
        }
    }
}
