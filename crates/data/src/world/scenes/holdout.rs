//! Which combinations training never sees.

use serde::{Deserialize, Serialize};

/// What "unseen combination" means: what is kept out of training for validation and for test.
///
/// Six (shape, colour) pairs are set aside for test and six others for validation, drawn from the seed such that each
/// shape and each colour loses exactly one pair to each. Every shape and every colour therefore stays in training.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holdout {
    /// Whole pairs. A training scene contains no pair that was set aside; a test scene contains at least one of the
    /// test pairs (and none of the validation pairs), a validation scene the reverse. If purple circles were set aside
    /// for test, then no training image shows one and no training caption speaks of one. Every single shape, colour,
    /// size and place is exactly as probable in each split as every other of its kind.
    #[default]
    Pairs,
    /// Whole multisets of pairs. Scenes whose objects make up the same multiset of (shape, colour) pairs, whatever the
    /// sizes and places, all fall into one split: for scenes of one object as above, for others a tenth of the multisets
    /// (by a hash with the seed) goes to test and a tenth to validation. Easier: every pair is seen in company.
    Multisets,
}
