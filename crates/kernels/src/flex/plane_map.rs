//! Numbers for every pair of a row and a column, sixteen columns at a time.

use super::operand::{Float, float, values};
use super::rows::for_rows;
use crate::PlaneFunction;
use crate::math::LANES;
use rayon::prelude::*;

/// See [`plane_map`](crate::plane_map()).
pub(crate) fn plane_map(function: impl PlaneFunction, planes: &[Float], rows: &Float, columns: &Float) -> Float {
    let ([n, width], [height, m]) = (rows.layout().shape().dims(), columns.layout().shape().dims());
    let planes: Vec<Float> = planes.iter().map(Float::to_contiguous).collect();
    let planes: Vec<&[f32]> = planes.iter().flat_map(|planes| values(planes).chunks_exact((n * m).max(1))).collect();
    let (rows, columns) = (rows.to_contiguous(), columns.to_contiguous());
    let (rows, columns) = (values(&rows), values(&columns));
    let mut out = vec![0.0; n * m];
    for_rows(
        out.par_chunks_mut(m.max(1)),
        planes.len() * m,
        #[inline(always)]
        |row, out| {
            let mut here = vec![[0.0; LANES]; planes.len()];
            let mut above = vec![[0.0; LANES]; height];
            for (index, out) in out.chunks_mut(LANES).enumerate() {
                let start = index * LANES;
                for (plane, here) in planes.iter().zip(&mut here) {
                    copy(&plane[row * m..][..m], start, here);
                }
                for (column, above) in columns.chunks_exact(m.max(1)).zip(&mut above) {
                    copy(column, start, above);
                }
                let values = function.values(&here, &rows[row * width..][..width], &above);
                out.copy_from_slice(&values[..out.len()]);
            }
        },
    );
    float(out, &[n, m])
}

/// Numbers `start..` of a row; the last lanes may have none, and what they hold is not looked at.
#[inline(always)]
fn copy(row: &[f32], start: usize, lanes: &mut [f32; LANES]) {
    match row[start..].first_chunk() {
        Some(whole) => *lanes = *whole,
        None => lanes[..row.len() - start].copy_from_slice(&row[start..]),
    }
}
