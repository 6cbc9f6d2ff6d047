//! A number for every row.

use super::operand::{Float, float, values};
use super::rows::for_rows;
use crate::RowFunction;
use rayon::prelude::*;

/// See [`row_map`](crate::row_map()).
pub(crate) fn row_map<F: RowFunction>(function: F, rows: &Float) -> Float {
    let [count, width] = rows.layout().shape().dims();
    let rows = rows.to_contiguous();
    let mut out = vec![0.0; count];
    for_rows(
        out.par_iter_mut().zip(values(&rows).par_chunks(width)),
        // Whoever asks for a value of a whole row does much with it.
        64 * width,
        #[inline(always)]
        |_, (out, row)| *out = function.value(row),
    );
    float(out, &[count])
}
