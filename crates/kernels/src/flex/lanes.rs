//! Reductions of a row, in lanes: floating-point sums stay in the order they are written in, so a plain sum is no vector code.

use crate::math::LANES;

/// The sum.
#[inline(always)]
pub(crate) fn total(values: &[f32]) -> f32 {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

/// The inner product of two rows of one length.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<LANES>(), right.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (left, right) in left.iter().zip(right) {
        lanes.iter_mut().zip(left.iter().zip(right)).for_each(|(lane, (left, right))| *lane += left * right);
    }
    lanes.iter().sum::<f32>() + left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum::<f32>()
}

/// The largest number, without those that are NaN; `-inf` of none.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let (blocks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, &value)| *lane = if value > *lane { value } else { *lane });
    }
    lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max)
}

#[cfg(test)]
mod tests {
    use super::{dot, largest, total};

    #[test]
    fn lanes_miss_no_number() {
        for count in [0, 1, 15, 16, 17, 40] {
            let values: Vec<f32> = (0..count).map(|n| n as f32 - 3.0).collect();
            assert_eq!(total(&values), values.iter().sum::<f32>());
            assert_eq!(dot(&values, &values), values.iter().map(|value| value * value).sum::<f32>());
            assert_eq!(largest(&values), values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
