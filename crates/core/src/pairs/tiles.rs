//! A pairwise matrix computed tile by tile, so that what a tile needs in between stays bounded.

use std::ops::Range;

use burn::tensor::Tensor;

/// Most elements that one intermediate tensor of a tile may have: 64 MiB of `f32`.
const TILE_ELEMENTS: usize = 1 << 24;

/// The `[rows, columns]` matrix whose blocks `block(row range, column range)` computes, where a block needs
/// `elements_per_pair` intermediate elements for each of its entries.
///
/// # Panics
/// If `rows` or `columns` is zero.
pub(crate) fn tiled(
    rows: usize,
    columns: usize,
    elements_per_pair: usize,
    block: impl Fn(Range<usize>, Range<usize>) -> Tensor<2>,
) -> Tensor<2> {
    let (tile_rows, tile_columns) = tile_shape(rows, columns, TILE_ELEMENTS / elements_per_pair.max(1));
    let bands = ranges(rows, tile_rows).map(|band| {
        let blocks = ranges(columns, tile_columns).map(|range| block(band.clone(), range));
        cat(blocks.collect(), 1) // [tile_rows, columns]
    });
    cat(bands.collect(), 0)
}

/// A matrix of `rows` rows computed a band of rows at a time, where a row needs `elements_per_row` intermediate elements; `None` if a band
/// has none.
pub(crate) fn in_bands(
    rows: usize,
    elements_per_row: usize,
    band: impl Fn(Range<usize>) -> Option<Tensor<2>>,
) -> Option<Tensor<2>> {
    let size = (TILE_ELEMENTS / elements_per_row.max(1)).max(1);
    Some(cat(ranges(rows, size).map(band).collect::<Option<_>>()?, 0))
}

/// The most nearly square tile of at most `pairs` entries inside `rows` x `columns`, at least 1 x 1.
fn tile_shape(rows: usize, columns: usize, pairs: usize) -> (usize, usize) {
    let pairs = pairs.max(1);
    let columns_if_square = pairs.isqrt().clamp(1, columns);
    let tile_rows = (pairs / columns_if_square).clamp(1, rows);
    let tile_columns = (pairs / tile_rows).clamp(1, columns);
    (tile_rows, tile_columns)
}

/// `0..total` in pieces of `size`.
fn ranges(total: usize, size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..total).step_by(size).map(move |start| start..(start + size).min(total))
}

/// Concatenation that leaves a single part as it is.
fn cat(mut parts: Vec<Tensor<2>>, dim: usize) -> Tensor<2> {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, dim) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_never_exceeds_its_budget_nor_the_matrix() {
        for (rows, columns, pairs) in
            [(5, 7, 1), (5, 7, 12), (1, 1000, 10), (1000, 1, 10), (64, 64, 1 << 20), (3, 3, 0)]
        {
            let (tile_rows, tile_columns) = tile_shape(rows, columns, pairs);
            assert!((1..=rows).contains(&tile_rows) && (1..=columns).contains(&tile_columns));
            assert!(tile_rows * tile_columns <= pairs.max(1), "{tile_rows} x {tile_columns} > {pairs}");
        }
    }

    #[test]
    fn tiles_are_put_back_in_their_places() {
        let device = Default::default();
        let (rows, columns) = (5, 7);
        let whole = Tensor::<1>::from_floats(
            (0..rows * columns).map(|value| value as f32).collect::<Vec<_>>().as_slice(),
            &device,
        )
        .reshape([rows, columns]);
        // So many elements per pair that a tile has six entries.
        let tiles = tiled(rows, columns, TILE_ELEMENTS / 6, |r, c| whole.clone().slice([r, c]));
        tiles.into_data().assert_eq(&whole.into_data(), true);
    }
}
