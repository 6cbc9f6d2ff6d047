//! Seeded bits for resampling, the same on every platform and with every version of every library.

/// The generator of Steele, Lea and Flood ("Fast splittable pseudorandom number generators", 2014): a counter and a finaliser.
#[derive(Debug, Clone)]
pub(super) struct SplitMix(u64);

impl SplitMix {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    /// The stream of `index` for `purpose`: its start is `mix(mix(mix(seed) + purpose) + index)`.
    pub fn stream(seed: u64, purpose: u64, index: u64) -> Self {
        Self(mix(mix(mix(seed).wrapping_add(purpose)).wrapping_add(index)))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(Self::STEP);
        mix(self.0)
    }

    /// A uniform index below `bound`: the high word of `bits * bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_of_seed_zero_are_the_published_ones() {
        // From the public reference implementation of the generator.
        let mut generator = SplitMix(0);
        assert_eq!([generator.bits(), generator.bits()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }
}
