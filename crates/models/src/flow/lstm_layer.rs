//! One layer of LSTM over whole sequences.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use halation_kernels::{lstm, lstm_cell};

use super::LstmDirection;

/// One layer of an [`Lstm`](super::Lstm).
#[derive(Module, Debug)]
pub struct LstmLayer {
    /// Reads from the first position to the last.
    pub ahead: LstmDirection,
    /// Reads from the last position to the first.
    pub back: Option<LstmDirection>,
}

impl LstmLayer {
    /// A layer with new weights.
    pub(super) fn new(input: usize, hidden: usize, bidirectional: bool, device: &Device) -> Self {
        let direction = || LstmDirection::new(input, hidden, device);
        Self { ahead: direction(), back: bidirectional.then(direction) }
    }

    /// The states after every step, time first: `[L, B, d] -> [L, B, R H]` for `R` directions.
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [length, batch, dim] = x.dims();
        let hidden = self.ahead.hidden();
        let flat = x.reshape([length * batch, dim]);
        let directions = [Some(&self.ahead), self.back.as_ref()];
        let gates = |direction: &LstmDirection| {
            direction.input_gates(flat.clone()).reshape([length, batch, 4 * hidden]) // [L, B, 4 H]
        };
        let gates = directions.into_iter().flatten().map(gates).collect();
        let recurrent = directions.into_iter().flatten().map(|direction| direction.weight_hh.val()).collect();
        let states = lstm(Tensor::stack::<4>(gates, 0), Tensor::stack(recurrent, 0)); // [R, L, B, H]
        let half = |index: usize| states.clone().narrow(0, index, 1).reshape([length, batch, hidden]);
        match self.back {
            None => half(0),
            Some(_) => Tensor::cat(vec![half(0), half(1)], 2),
        }
    }

    /// One step of a layer that reads ahead: new hidden and cell state, `[B, H]`.
    ///
    /// # Panics
    /// If the layer reads in both directions.
    pub(super) fn step(&self, x: Tensor<2>, hidden: Tensor<2>, cell: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        assert!(self.back.is_none(), "an LSTM in both directions has no single step");
        let gates = self.ahead.input_gates(x) + hidden.matmul(self.ahead.weight_hh.val().transpose()); // [B, 4 H]
        lstm_cell(gates, Some(cell))
    }
}
