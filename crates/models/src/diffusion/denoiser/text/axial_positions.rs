//! Positions as a row plus a column.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// The vector of position `p` is row `p / w` of one table plus row `p mod w` of another.
#[derive(Module, Debug)]
pub struct AxialPositions {
    /// One vector for each window, `[L / w, d]`.
    pub rows: Param<Tensor<2>>,
    /// One vector for each place in a window, `[w, d]`.
    pub columns: Param<Tensor<2>>,
}

impl AxialPositions {
    /// Tables from N(0, 1).
    pub(super) fn new(windows: usize, window: usize, dim: usize, device: &Device) -> Self {
        let normal = Initializer::Normal { mean: 0.0, std: 1.0 };
        Self { rows: normal.init([windows, dim], device), columns: normal.init([window, dim], device) }
    }

    /// All positions, `[1, L, d]`.
    pub fn forward(&self) -> Tensor<3> {
        let rows: Tensor<3> = self.rows.val().unsqueeze_dim(1); // [L/w, 1, d]
        let sum = rows + self.columns.val().unsqueeze_dim(0); // [L/w, w, d]
        let [windows, window, dim] = sum.dims();
        sum.reshape([1, windows * window, dim])
    }
}
