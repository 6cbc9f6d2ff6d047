//! What came out of a sample.

use burn::tensor::{Int, Tensor};

/// Classes read from samples, and how often a sample stood for none.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// The classes, `[B, L]`.
    pub ids: Tensor<2, Int>,
    /// Positions whose code stands for no class: the leak of the density, as a count.
    pub unused: usize,
    /// Rows with at least one such position, rising.
    pub unused_rows: Vec<usize>,
}

impl Decoded {
    /// Share of positions whose code stands for no class; NaN for no positions.
    pub fn leak_rate(&self) -> f64 {
        let [batch, length] = self.ids.dims();
        self.unused as f64 / (batch * length) as f64
    }
}
