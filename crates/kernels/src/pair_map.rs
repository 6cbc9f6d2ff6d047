//! Numbers for every pair of rows.

use burn::tensor::Tensor;

/// `N` functions of two rows of numbers, for [`pair_map`]: those that share most of their work.
pub trait PairFunction<const N: usize>: Copy + Send + Sync {
    /// The values. Marked `#[inline(always)]` and in loops over slices of equal length, it becomes vector code.
    fn values(&self, left: &[f32], right: &[f32]) -> [f32; N];
}

/// Whether [`pair_map`], [`plane_map`](crate::plane_map()) and [`row_map`](crate::row_map()) have a form for rows made of `x`: to be asked before they are made.
pub fn has_row_form<const D: usize>(x: &Tensor<D>) -> bool {
    #[cfg(feature = "flex")]
    return matches!(crate::flex::Operand::of(x), Some(crate::flex::Operand::Plain(_)));
    #[cfg(not(feature = "flex"))]
    {
        let _ = x;
        false
    }
}

/// `function` of every row of `left` with every row of `right`, on all cores and tile by tile, so that rows are read from the
/// cache; `None` where that form does not exist: on other backends than Flex, for other floats than `f32`, for rows without a number,
/// and in an autodiff context, since it has no gradient.
///
/// # Shapes
/// * `left`: `[A, D]`, `right`: `[B, D]`; output: `[A, N, B]`
///
/// # Panics
/// If the widths differ.
pub fn pair_map<const N: usize>(
    function: impl PairFunction<N>,
    left: &Tensor<2>,
    right: &Tensor<2>,
) -> Option<Tensor<3>> {
    assert_eq!(left.dims()[1], right.dims()[1], "rows of one width");
    if left.dims()[1] == 0 {
        return None;
    }
    #[cfg(feature = "flex")]
    {
        use crate::flex::Operand;
        let (Operand::Plain(left), Operand::Plain(right)) = (Operand::of(left)?, Operand::of(right)?) else {
            return None;
        };
        Some(Tensor::from_primitive::<burn::backend::Flex>(crate::flex::pair_map(function, &left, &right)))
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = function;
        None
    }
}
