//! Where in a sequence a position is, from both ends.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// A learnt vector for the distance from the start plus one for the distance from the end; a linear layer over two one-hot codes, whose
/// product picks rows.
#[derive(Module, Debug)]
pub struct PositionTable {
    /// One row for each distance from the start, `[max_length, P]`.
    pub from_start: Param<Tensor<2>>,
    /// One row for each distance from the end, `[max_length, P]`.
    pub from_end: Param<Tensor<2>>,
}

impl PositionTable {
    /// Rows as of a linear layer over both codes.
    pub(super) fn new(max_length: usize, width: usize, device: &Device) -> Self {
        let bound = 1.0 / ((2 * max_length) as f64).sqrt();
        let uniform = Initializer::Uniform { min: -bound, max: bound };
        let table = || uniform.init([max_length, width], device);
        Self { from_start: table(), from_end: table() }
    }

    /// The vectors of a whole sequence, for each item of a batch.
    ///
    /// # Shapes
    /// * output: `[B, L, P]`
    ///
    /// # Panics
    /// If `length` is larger than the longest sequence.
    pub fn forward(&self, batch: usize, length: usize) -> Tensor<3> {
        let (from_start, from_end) = (self.from_start.val(), self.from_end.val());
        let [longest, width] = from_start.dims();
        assert!(length <= longest, "a sequence of {length} positions, but the table is for {longest}");
        let rows = from_start.narrow(0, 0, length) + from_end.narrow(0, 0, length).flip([0]);
        rows.unsqueeze::<3>().expand([batch, length, width])
    }
}
