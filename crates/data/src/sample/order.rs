//! The order of an epoch.

use super::{Stream, index_below, keyed_rng};

/// The order of `items` things in an epoch, as indices: a function of its arguments alone.
///
/// Fisher-Yates from the last place down, over [`keyed_rng`]`(seed, epoch, 0, Stream::Order)` and [`index_below`], so
/// that an epoch's order needs no earlier epoch replayed, and is the same on every platform.
pub fn epoch_order(items: usize, seed: u64, epoch: u64) -> Vec<usize> {
    let mut rng = keyed_rng(seed, epoch, 0, Stream::Order);
    let mut order: Vec<usize> = (0..items).collect();
    for last in (1..items).rev() {
        order.swap(last, index_below(last + 1, &mut rng));
    }
    order
}
