//! A number for every row.

use burn::tensor::Tensor;

/// A function of a row of numbers, for [`row_map`].
pub trait RowFunction: Copy + Send + Sync {
    /// The value. Marked `#[inline(always)]`, its loops become vector code.
    fn value(&self, row: &[f32]) -> f32;
}

/// `function` of every row, on all cores; `None` where [`pair_map`](crate::pair_map()) has none.
///
/// # Shapes
/// * `rows`: `[N, D]`; output: `[N]`
pub fn row_map<F: RowFunction>(function: F, rows: &Tensor<2>) -> Option<Tensor<1>> {
    if rows.dims()[1] == 0 {
        return None;
    }
    #[cfg(feature = "flex")]
    {
        use crate::flex::Operand;
        let Operand::Plain(rows) = Operand::of(rows)? else { return None };
        Some(Tensor::from_primitive::<burn::backend::Flex>(crate::flex::row_map(function, &rows)))
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = function;
        None
    }
}
