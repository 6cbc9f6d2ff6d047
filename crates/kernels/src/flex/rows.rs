//! Rows of matrices: loops over them on all cores, and products.

use super::operand::{Float, float, values};
use burn::backend::Flex;
use burn::backend::ops::FloatTensorOps;
use pulp::Arch;
use rayon::prelude::*;

/// Below so many numbers a second core costs more than it brings.
const WORTH_A_CORE: usize = 16 * 1024;

/// Calls `function` with every row and its index, as vector code, on all cores if there is enough to do; `width` is how many
/// numbers a row has. A closure that is not marked `#[inline(always)]` is compiled apart, for the oldest processor.
pub(crate) fn for_rows<I>(rows: I, width: usize, function: impl Fn(usize, I::Item) + Send + Sync)
where
    I: IndexedParallelIterator,
{
    let arch = Arch::new();
    let least = WORTH_A_CORE.div_ceil(width.max(1));
    rows.with_min_len(least).enumerate().for_each(|(row, item)| {
        arch.dispatch(
            #[inline(always)]
            || function(row, item),
        )
    });
}

/// A product of two matrices.
pub(crate) fn matmul(left: Float, right: Float) -> Float {
    Flex::float_matmul(left, right)
}

/// The product of `rows` rows of numbers with a matrix, row after row.
pub(crate) fn product(left: &[f32], rows: usize, right: &Float) -> Vec<f32> {
    let left = float(left.to_vec(), &[rows, left.len() / rows]);
    values(&matmul(left, right.clone())).to_vec()
}
