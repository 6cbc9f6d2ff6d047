//! A mask of one class.

use burn::tensor::{Bool, Int, Tensor};

/// Smallest gap, relative to the larger of two numbers, after which f32 still tells them apart.
const RELATIVE_GAP: f64 = 1.0 / (1 << 22) as f64;

/// Smallest gap at zero.
const ABSOLUTE_GAP: f64 = 1e-30;

/// True where the last axis is at the class.
///
/// # Shapes
/// * `classes`: `[.., 1]`; output: `[.., count]`
pub(super) fn on_class<const R: usize>(classes: Tensor<R, Int>, count: usize) -> Tensor<R, Bool> {
    let mut shape = classes.dims();
    assert_eq!(shape[R - 1], 1, "one class for each row");
    let mut row = [1; R];
    (shape[R - 1], row[R - 1]) = (count, count);
    let places = Tensor::<1, Int>::arange(0..count as i64, &classes.device()).reshape(row);
    classes.expand(shape).equal(places.expand(shape))
}

/// The gap below `bound`, but at least what f32 needs for `bound - gap < bound`: an argmax must not end in a tie.
///
/// Rounding may lose a gap below `2^-24 bound`; the density there is what it is at a point one rounding away.
///
/// # Shapes
/// * `gap`: any; `bound`: one that broadcasts to it
pub(super) fn visible_gap<const R: usize>(gap: Tensor<R>, bound: Tensor<R>) -> Tensor<R> {
    let floor = (bound.detach().abs() * RELATIVE_GAP + ABSOLUTE_GAP).expand(gap.dims());
    gap.max_pair(floor)
}
