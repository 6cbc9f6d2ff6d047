//! A longer context for a text tower that was trained with a short one.

use burn::module::Param;
use burn::tensor::{Int, Tensor, TensorData};

/// Stretches a table of positions to `context` rows (LongProLIP 2025, after Long-CLIP): the first `head` and the last
/// `tail` rows stay, the rows between are linearly interpolated, end points aligned. LongProLIP keeps the first 20 and
/// the rows of its special tokens.
///
/// The result is a fresh parameter; its optimiser state starts anew.
///
/// # Shapes
/// * `table`: `[T, d]`
/// * output: `[context, d]`
///
/// # Panics
/// If `context` is below `T`, or fewer than two rows are left to interpolate.
pub fn stretch_positions(table: &Param<Tensor<2>>, context: usize, head: usize, tail: usize) -> Param<Tensor<2>> {
    let table = table.val().detach();
    let rows = table.dims()[0];
    assert!(context >= rows, "{context} positions are fewer than the {rows} there are");
    assert!(head + tail + 2 <= rows, "keeping {head} + {tail} of {rows} positions leaves nothing to interpolate");
    let (old, new) = (rows - head - tail, context - head - tail);
    let (mut lower, mut upper, mut share) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..context {
        let place = match row {
            row if row < head => row as f64,
            row if row >= context - tail => (row - (context - rows)) as f64,
            row => head as f64 + (row - head) as f64 * (old - 1) as f64 / (new - 1) as f64,
        };
        lower.push(place.floor() as i64);
        upper.push((place.ceil() as i64).min(rows as i64 - 1));
        share.push((place - place.floor()) as f32);
    }
    let device = table.device();
    let pick = |rows: Vec<i64>| {
        table.clone().select(0, Tensor::<1, Int>::from_data(TensorData::new(rows, [context]), &device))
    };
    let share = Tensor::<2>::from_data(TensorData::new(share, [context, 1]), &device);
    Param::from_tensor(pick(lower) * (-share.clone() + 1.0) + pick(upper) * share)
}
