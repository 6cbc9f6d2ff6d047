//! Numbers for every pair of a row and a column, from planes of products.

use burn::tensor::Tensor;

use crate::math::LANES;

/// A function of what several matrices hold in one place, for [`plane_map`].
pub trait PlaneFunction: Copy + Send + Sync {
    /// The values of neighbouring pairs from the planes there, the numbers of their row and those of their columns. Marked
    /// `#[inline(always)]`, it becomes vector code.
    fn values(&self, planes: &[[f32; LANES]], row: &[f32], columns: &[[f32; LANES]]) -> [f32; LANES];
}

/// `function` of the planes, on all cores; `None` where that form does not exist, as for [`pair_map`](crate::pair_map()).
///
/// # Shapes
/// * `planes`: `[P1, N, M]`, `[P2, N, M]`, ..: the function is given `P1 + P2 + ..` in this order
/// * `rows`: `[N, R]`, `columns`: `[C, M]`; output: `[N, M]`
///
/// # Panics
/// If the shapes do not fit.
pub fn plane_map(
    function: impl PlaneFunction,
    planes: &[Tensor<3>],
    rows: &Tensor<2>,
    columns: &Tensor<2>,
) -> Option<Tensor<2>> {
    let ([n, _], [_, m]) = (rows.dims(), columns.dims());
    for plane in planes {
        assert_eq!(plane.dims()[1..], [n, m], "planes of one number for every row and column");
    }
    #[cfg(feature = "flex")]
    {
        use crate::flex::Operand;
        let plain = |operand: Option<Operand>| match operand {
            Some(Operand::Plain(plain)) => Some(plain),
            _ => None,
        };
        let planes = planes.iter().map(|plane| plain(Operand::of(plane))).collect::<Option<Vec<_>>>()?;
        let (rows, columns) = (plain(Operand::of(rows))?, plain(Operand::of(columns))?);
        Some(Tensor::from_primitive::<burn::backend::Flex>(crate::flex::plane_map(function, &planes, &rows, &columns)))
    }
    #[cfg(not(feature = "flex"))]
    {
        let _ = function;
        None
    }
}
