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

/// A new tensor from two contiguous ones of the same shape, `width` numbers at a time; the last time there may be fewer.
pub(crate) fn over_two(
    first: &Float,
    second: &Float,
    width: usize,
    function: impl Fn(&[f32], &[f32], &mut [f32]) + Send + Sync,
) -> Float {
    let shape = first.layout().shape();
    let (first, second) = (values(first), values(second));
    let mut out = vec![0.0; first.len()];
    let rows = out.par_chunks_mut(width).zip(first.par_chunks(width)).zip(second.par_chunks(width));
    for_rows(
        rows,
        width,
        #[inline(always)]
        |_, ((out, first), second)| function(first, second, out),
    );
    float(out, shape)
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
