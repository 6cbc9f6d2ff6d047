//! Counts by packed symbols.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Counts by a run of symbols packed into 128 bits.
pub(super) type KeyCounts = HashMap<u128, u32, BuildHasherDefault<KeyHasher>>;

/// Bits that one of `classes` symbols needs, at least 1.
pub(super) fn bits_of(classes: usize) -> u32 {
    usize::BITS - classes.max(2).saturating_sub(1).leading_zeros()
}

/// The hash of one packed key; several times faster than the standard one, which resists attacks that text cannot mount
/// beyond slowness.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u128(u128::from(byte));
        }
    }

    fn write_u128(&mut self, key: u128) {
        let folded = self.0 ^ key as u64 ^ ((key >> 64) as u64).rotate_left(32);
        let mixed = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
