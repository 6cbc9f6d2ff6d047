//! The place where a mixture of logistics has a given logit, by halving on the host.

use halation_kernels::RowFunction;
use halation_kernels::math::exp;

use super::mixture_map::{BISECTIONS, LARGEST_EXPONENT};

/// The root between `low` and `high` of a row `[goal, low, high, weights, means, inverse scales]`, by the steps and the arithmetic of
/// [`MixtureMap::inverse`](super::MixtureMap::inverse), which makes a dozen tensors of a few numbers in each of them.
#[derive(Clone, Copy)]
pub(super) struct MixtureRoot;

impl RowFunction for MixtureRoot {
    #[inline(always)]
    fn value(&self, row: &[f32]) -> f32 {
        let components = (row.len() - 3) / 3;
        let (goal, mut low, mut high) = (row[0], row[1], row[2]);
        let (weights, rest) = row[3..].split_at(components);
        let (means, inverse_scales) = rest.split_at(components);
        let (goal_below, goal_above) = (goal.min(0.0), goal.max(0.0));
        let largest = LARGEST_EXPONENT as f32;
        for _ in 0..BISECTIONS {
            let middle = (low + high) * 0.5;
            let mut balance = 0.0;
            for ((weight, mean), inverse_scale) in weights.iter().zip(means).zip(inverse_scales) {
                let z = (middle - mean) * inverse_scale;
                let below = z.min(0.0);
                let above = z - below;
                let divisor = exp(below - above) + 1.0;
                let of_f = exp((below - goal_below).min(largest));
                let of_rest = exp((goal_above - above).min(largest));
                balance += (of_f - of_rest) * weight / divisor;
            }
            if balance < 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low + high) * 0.5
    }
}
