//! One side of squared distances, made ready once for any number of blocks of the other.

use burn::tensor::Tensor;

use super::gram::{laid_out, unit_of};

/// Rows `[.., M, D]` to which distances are asked.
#[derive(Debug)]
pub(crate) struct CentredGallery<const R: usize> {
    /// The mean of the rows. Distances do not see a common shift, but the rounding of `|x|^2 + |y|^2 - 2 x.y` does.
    centre: Tensor<R>, // [.., 1, D]
    /// The rows around the centre, in units of `unit`, transposed.
    columns: Tensor<R>, // [.., D, M]
    /// Their squared norms.
    norms: Tensor<R>, // [.., 1, M]
    unit: Tensor<R>, // [1, ..]
}

impl<const R: usize> CentredGallery<R> {
    /// # Shapes
    /// * `rows`: `[.., M, D]`
    pub(crate) fn new(rows: Tensor<R>) -> Self {
        let centre = rows.clone().detach().mean_dim(R - 2);
        let rows = rows - centre.clone();
        let unit = unit_of(&rows);
        let rows = rows / unit.clone();
        let norms = rows.clone().square().sum_dim(R - 1).swap_dims(R - 2, R - 1);
        Self { centre, columns: rows.swap_dims(R - 2, R - 1), norms, unit }
    }

    /// The same, with the columns laid out in the order in which products read them: worth it for many blocks of queries, each of which
    /// would otherwise sort them anew.
    pub(crate) fn laid_out(self) -> Self {
        Self { columns: laid_out(self.columns), ..self }
    }

    /// Squared distances of all pairs, at least zero; past the range of the float type they are infinite.
    ///
    /// # Shapes
    /// * `x`: `[.., N, D]`; returns `[.., N, M]`
    pub(crate) fn squared_distance(&self, x: Tensor<R>) -> Tensor<R> {
        let (squared, unit) = self.scaled_squared_distance(x);
        // Twice by the unit: its square alone may overflow, and zero times infinity is NaN.
        squared * unit.clone() * unit
    }

    /// Squared distances in units of `unit^2`, and the unit: 1 (exactly) unless a coordinate is huge.
    pub(crate) fn scaled_squared_distance(&self, x: Tensor<R>) -> (Tensor<R>, Tensor<R>) {
        let x = x - self.centre.clone();
        let unit = unit_of(&x).max_pair(self.unit.clone());
        let ratio = self.unit.clone() / unit.clone(); // from the gallery's unit to that of both, at most 1
        let x = x / unit.clone();
        let x_norm = x.clone().square().sum_dim(R - 1); // [.., N, 1]
        let y_norm = self.norms.clone() * ratio.clone().square(); // [.., 1, M]
        // Signs and factors go into the small operand, so that few passes over the [.., N, M] are left.
        let product = (x * (ratio * -2.0)).matmul(self.columns.clone()); // [.., N, M]
        ((product + x_norm + y_norm).clamp_min(0.0), unit)
    }
}
