//! What a hinge loss calls similar.

use burn::{config::Config, tensor::Tensor};

use super::{LARGEST_SQUARE, safe_sqrt, unit};
use crate::pairs::{inner_product, tiled};

/// Similarity of two embeddings, larger is closer.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum HingeSimilarity {
    /// The cosine; embeddings are normalised here.
    Cosine,
    /// The inner product of the embeddings as they are: the cosine of embeddings that are unit vectors already. VSE0's recipe leaves the
    /// image at its length (`--no_imgnorm`).
    Dot,
    /// How far the row is from lying above the column in every coordinate, `-||max(0, |y| - |x|)||` of unit vectors (order embeddings,
    /// Vendrov et al., ICLR 2016, as VSE++ offers them): rows are images, columns captions, and a caption lies below its image. Not
    /// symmetric; VSE++ pairs it with a margin of 0.05. Needs `N M D` operations, in tiles.
    OrderEmbedding,
}

impl HingeSimilarity {
    /// The similarity of every row and every column.
    ///
    /// # Shapes
    /// * `rows`: `[N, D]`, `columns`: `[M, D]`, none empty
    /// * returns: `[N, M]`, at most 1e30 in size and without gradient there
    ///
    /// # Panics
    /// If the dimensions differ.
    pub fn pairwise(&self, rows: Tensor<2>, columns: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Cosine => unit(rows).matmul(unit(columns).transpose()),
            Self::Dot => inner_product(rows, columns).clamp(-LARGEST_SQUARE, LARGEST_SQUARE),
            Self::OrderEmbedding => order(unit(rows).abs(), unit(columns).abs()),
        }
    }
}

/// `-||max(0, y - x)||` of all pairs.
fn order(rows: Tensor<2>, columns: Tensor<2>) -> Tensor<2> {
    let ([n, d], [m, _]) = (rows.dims(), columns.dims());
    tiled(n, m, d, |row_range, column_range| {
        let above: Tensor<3> = rows.clone().slice([row_range, 0..d]).unsqueeze_dim(1); // [n, 1, D]
        let below: Tensor<3> = columns.clone().slice([column_range, 0..d]).unsqueeze_dim(0); // [1, m, D]
        let violation = (below - above).clamp_min(0.0).square().sum_dim(2); // [n, m, 1]
        -safe_sqrt(violation).squeeze_dim::<2>(2)
    })
}
