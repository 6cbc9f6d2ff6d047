//! Pairs of distributions dimension by dimension, for the divergences that no matrix product expresses.

use burn::tensor::Tensor;

use super::tiled;
use crate::dist::DiagNormal;

/// Mean and (bounded) log-variance of one side of a pairing, ready to broadcast against the other side.
///
/// # Shapes
/// * both: `[n, 1, D]` for the query side, `[1, m, D]` (all pairs) or `[n, 1, D]` (aligned) for the gallery side
pub(crate) struct Factors {
    pub(crate) mean: Tensor<3>,
    pub(crate) log_var: Tensor<3>,
}

impl Factors {
    fn new(distribution: &DiagNormal, axis: usize) -> Self {
        Self {
            mean: distribution.mean().unsqueeze_dim(axis),
            log_var: distribution.log_var().bounded().0.unsqueeze_dim(axis),
        }
    }
}

/// `reduce` over all pairs, in tiles; it gets the two sides and reduces the last axis to length 1.
///
/// # Shapes
/// * `query`: `[N, D]`, `gallery`: `[M, D]`
/// * returns: `[N, M]`
pub(crate) fn all_pairs(
    query: &DiagNormal,
    gallery: &DiagNormal,
    reduce: impl Fn(Factors, Factors) -> Tensor<3>,
) -> Tensor<2> {
    let ([n, d], [m, gallery_d]) = (query.dims(), gallery.dims());
    assert_eq!(d, gallery_d, "dimensions of query and gallery embeddings differ");
    tiled(n, m, d, |rows, columns| {
        reduce(Factors::new(&query.rows(rows), 1), Factors::new(&gallery.rows(columns), 0)).squeeze_dim(2)
    })
}

/// `reduce` over the pairs in the same place.
///
/// # Shapes
/// * `query`, `gallery`: `[N, D]`
/// * returns: `[N]`
pub(crate) fn same_place(
    query: &DiagNormal,
    gallery: &DiagNormal,
    reduce: impl Fn(Factors, Factors) -> Tensor<3>,
) -> Tensor<1> {
    let [n, _] = query.dims();
    reduce(Factors::new(query, 1), Factors::new(gallery, 1)).reshape([n]) // [N, 1, 1] -> [N]
}
