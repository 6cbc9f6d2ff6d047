//! How similar two bags of embeddings are.

use std::ops::Range;

use burn::{
    config::Config,
    tensor::{Tensor, assert_shape, s},
};

use super::{log_sum_exp, unit};
use crate::{CoreError, pairs::tiled};

/// Similarity of two items that have several embeddings each, from the cosines `c_kl` of all pairs of their embeddings; larger is closer.
/// With one embedding each, all forms are the cosine.
#[derive(Config, Debug, Copy, PartialEq)]
pub enum BagSimilarity {
    /// The largest cosine (multiple-instance learning; PVSE, Song and Soleymani, CVPR 2019).
    Max,
    /// A smooth maximum, `1/s ln sum_kl exp(s c_kl)`: between the largest cosine and `ln(K L) / s` above it, and with a gradient for every
    /// pair. `s` is the sharpness.
    LogSumExp(f64),
    /// Smooth-Chamfer similarity (Kim et al., CVPR 2023), the mean over both bags of each embedding's smooth maximum over the other bag,
    /// `1/(2 s K) sum_k ln sum_l exp(s c_kl) + 1/(2 s L) sum_l ln sum_k exp(s c_kl)`. The paper's sharpness `s` is 16.
    SmoothChamfer(f64),
}

impl BagSimilarity {
    /// The similarity itself, if its sharpness is a positive number.
    ///
    /// # Errors
    /// If it is not.
    pub fn checked(self) -> Result<Self, CoreError> {
        match self {
            Self::LogSumExp(sharpness) | Self::SmoothChamfer(sharpness)
                if !(sharpness.is_finite() && sharpness > 0.0) =>
            {
                Err(CoreError::argument("sharpness", sharpness, "a positive number"))
            }
            _ => Ok(self),
        }
    }

    /// The similarity of every row bag and every column bag. Embeddings are normalised here.
    ///
    /// # Shapes
    /// * `rows`: `[N, K, D]`, `columns`: `[M, L, D]`, none empty
    /// * returns: `[N, M]`
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn pairwise(&self, rows: Tensor<3>, columns: Tensor<3>) -> Tensor<2> {
        let ([n, k, d], [m, l, _]) = (rows.dims(), columns.dims());
        assert_shape!(columns, [m, l, d]);
        let (rows, columns) = (unit(rows), unit(columns));
        let part = |bags: &Tensor<3>, range: Range<usize>| bags.clone().slice(s![range, .., ..]);
        tiled(n, m, k * l, |row_range, column_range| {
            let (n, m) = (row_range.len(), column_range.len());
            self.of_cosines(cosines(part(&rows, row_range), part(&columns, column_range))).reshape([n, m])
        })
    }

    /// `[K, N, L, M] -> [1, N, 1, M]`.
    /// The similarity of bags in the same place.
    ///
    /// # Shapes
    /// * `left`: `[N, K, D]`, `right`: `[N, L, D]`
    /// * returns: `[N]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn aligned(&self, left: Tensor<3>, right: Tensor<3>) -> Tensor<1> {
        let ([n, _, d], [_, _, _]) = (left.dims(), right.dims());
        assert_shape!(right, [n, _, d]);
        let cosines = unit(left).matmul(unit(right).swap_dims(1, 2)); // [N, K, L]
        self.of_cosines(cosines.swap_dims(0, 1).unsqueeze_dim::<4>(3)).reshape([n]) // [K, N, L, 1]
    }

    fn of_cosines(&self, cosines: Tensor<4>) -> Tensor<4> {
        match *self {
            Self::Max => cosines.max_dim(2).max_dim(0),
            Self::LogSumExp(sharpness) => log_sum_exp(log_sum_exp(cosines * sharpness, 2), 0) / sharpness,
            Self::SmoothChamfer(sharpness) => {
                let scaled = cosines * sharpness;
                let of_rows = log_sum_exp(scaled.clone(), 2).mean_dim(0);
                let of_columns = log_sum_exp(scaled, 0).mean_dim(2);
                (of_rows + of_columns) / (2.0 * sharpness)
            }
        }
    }
}

/// Inner products of all pairs of embeddings, the axis of the bag before that of its items, `[K, N, L, M]`.
fn cosines(rows: Tensor<3>, columns: Tensor<3>) -> Tensor<4> {
    let ([n, k, d], [m, l, _]) = (rows.dims(), columns.dims());
    let rows = rows.swap_dims(0, 1).reshape([k * n, d]);
    let columns = columns.swap_dims(0, 1).reshape([l * m, d]);
    rows.matmul(columns.transpose()).reshape([k, n, l, m])
}
