//! Sign flips of one draw, and why all their inner products are cheap: with patterns from a Walsh-Hadamard matrix, the sum over all
//! dimensions with the signs of pattern `j` is a sum over seven groups of dimensions with one sign each, so the sums of the groups,
//! which cost one inner product, give those of all patterns.

use burn::tensor::Tensor;
use halation_kernels::math::LANES;

/// Patterns of signs: the rows of a Walsh-Hadamard matrix.
pub(crate) const FLIPS: usize = 8;

/// Groups of dimensions that share a sign in all patterns: its columns but for the first, which has no minus. In all others half of
/// the signs are minus, so that what is linear in the draw averages to zero over the patterns.
pub(super) const GROUPS: usize = FLIPS - 1;

/// Neighbouring pairs.
pub(super) type Lanes = [f32; LANES];

/// The sign of group `group` in pattern `pattern`.
fn sign(pattern: usize, group: usize) -> f32 {
    if (pattern & (group + 1)).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 }
}

/// One draw with its signs flipped by every pattern, `[1, D] -> [8, D]`; the first is the draw itself.
pub(crate) fn flipped(draw: Tensor<2>) -> Tensor<2> {
    let [_, dims] = draw.dims();
    let signs: Vec<f32> = (0..FLIPS).flat_map(|pattern| (0..dims).map(move |d| sign(pattern, d % GROUPS))).collect();
    let signs = Tensor::<1>::from_data(signs.as_slice(), (&draw.device(), draw.dtype())).reshape([FLIPS, dims]);
    draw * signs
}

/// The columns of every group, `[N, D] -> [7, N, D / 7]`, filled up with zeros.
pub(super) fn grouped(rows: Tensor<2>) -> Tensor<3> {
    let [count, dims] = rows.dims();
    let missing = dims.next_multiple_of(GROUPS) - dims;
    let rows = match missing {
        0 => rows,
        missing => {
            let zeros = Tensor::zeros([count, missing], &rows.device());
            Tensor::cat(vec![rows, zeros], 1)
        }
    };
    rows.reshape([count, dims.div_ceil(GROUPS), GROUPS]).permute([2, 0, 1])
}

/// From the sums of the groups to those with the signs of every pattern: the fast Walsh-Hadamard transform.
#[inline(always)]
pub(super) fn by_pattern(groups: &[Lanes]) -> [Lanes; FLIPS] {
    let mut sums = [[0.0; LANES]; FLIPS];
    sums[1..].copy_from_slice(groups);
    for half in [1, 2, 4] {
        for index in (0..FLIPS).filter(|index| index & half == 0) {
            for lane in 0..LANES {
                let (low, high) = (sums[index][lane], sums[index + half][lane]);
                (sums[index][lane], sums[index + half][lane]) = (low + high, low - high);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_gives_the_sums_with_the_signs_of_every_pattern() {
        let groups: [Lanes; GROUPS] =
            std::array::from_fn(|group| std::array::from_fn(|lane| ((group * 7 + lane * 3) % 11) as f32 - 5.0));
        let sums = by_pattern(&groups);
        for pattern in 0..FLIPS {
            for lane in 0..LANES {
                let exact: f32 = (0..GROUPS).map(|group| sign(pattern, group) * groups[group][lane]).sum();
                assert_eq!(sums[pattern][lane], exact);
            }
        }
    }

    #[test]
    fn signs_cancel_over_the_patterns_and_between_groups() {
        for group in 0..GROUPS {
            assert_eq!((0..FLIPS).map(|pattern| sign(pattern, group)).sum::<f32>(), 0.0);
            for other in 0..GROUPS {
                let product: f32 = (0..FLIPS).map(|pattern| sign(pattern, group) * sign(pattern, other)).sum();
                assert_eq!(product, if group == other { FLIPS as f32 } else { 0.0 });
            }
        }
    }
}
