//! Numbers for every pair of rows, tile by tile.

use super::operand::{Float, float, values};
use super::rows::for_rows;
use crate::PairFunction;
use rayon::prelude::*;

/// Rows of the left side that one task takes.
const LEFT: usize = 16;
/// Bytes of the right side that stay in the cache of a core while the left rows pass.
const RIGHT_BYTES: usize = 256 << 10;

/// See [`pair_map`](crate::pair_map()).
pub(crate) fn pair_map<const N: usize>(function: impl PairFunction<N>, left: &Float, right: &Float) -> Float {
    let ([n, width], [m, _]) = (left.layout().shape().dims(), right.layout().shape().dims());
    let (left, right) = (left.to_contiguous(), right.to_contiguous());
    let (left, right) = (values(&left), values(&right));
    let mut out = vec![0.0; n * N * m];
    let tile = (RIGHT_BYTES / size_of::<f32>() / width.max(1)).max(1);
    let blocks = out.par_chunks_mut((LEFT * N * m).max(1)).zip(left.par_chunks((LEFT * width).max(1)));
    for_rows(
        blocks,
        LEFT * width * m,
        #[inline(always)]
        |_, (out, left)| {
            for (index, right) in right.chunks(tile * width).enumerate() {
                for (out, left) in out.chunks_exact_mut(N * m).zip(left.chunks_exact(width)) {
                    for (column, right) in (index * tile..).zip(right.chunks_exact(width)) {
                        for (row, value) in function.values(left, right).into_iter().enumerate() {
                            out[row * m + column] = value;
                        }
                    }
                }
            }
        },
    );
    float(out, &[n, N, m])
}
