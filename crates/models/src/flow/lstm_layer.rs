//! One layer of LSTM over whole sequences.

use burn::module::Module;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::LstmDirection;
use crate::activation::tanh;

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
        let gates = |direction: &LstmDirection| {
            direction.input_gates(flat.clone()).reshape([length, batch, 4 * hidden]) // [L, B, 4 H]
        };
        let (gates, recurrent) = match &self.back {
            None => (vec![gates(&self.ahead)], vec![self.ahead.weight_hh.val().transpose()]),
            // In the order of reading: the last position first.
            Some(back) => (
                vec![gates(&self.ahead), gates(back).flip([0])],
                vec![self.ahead.weight_hh.val().transpose(), back.weight_hh.val().transpose()],
            ),
        };
        let directions = gates.len();
        let recurrent = Tensor::stack::<3>(recurrent, 0); // [R, H, 4 H]
        let mut steps = Vec::with_capacity(length);
        split_steps(Tensor::stack::<4>(gates, 1), &mut steps); // each [1, R, B, 4 H]

        let mut states: Vec<Tensor<3>> = Vec::with_capacity(length); // [R, B, H]
        let mut cell = None;
        for step in steps {
            let step = step.squeeze_dim::<3>(0);
            let gates = match states.last() {
                Some(state) => step + state.clone().matmul(recurrent.clone()),
                None => step, // the first state is zero
            };
            let (state, new_cell) = next(gates, cell);
            cell = Some(new_cell);
            states.push(state);
        }
        let states = Tensor::stack::<4>(states, 0); // [L, R, B, H]
        let half = |index: usize| states.clone().narrow(1, index, 1).reshape([length, batch, hidden]);
        if directions == 1 { half(0) } else { Tensor::cat(vec![half(0), half(1).flip([0])], 2) }
    }

    /// One step of a layer that reads ahead: new hidden and cell state, `[B, H]`.
    ///
    /// # Panics
    /// If the layer reads in both directions.
    pub(super) fn step(&self, x: Tensor<2>, hidden: Tensor<2>, cell: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        assert!(self.back.is_none(), "an LSTM in both directions has no single step");
        let gates = self.ahead.input_gates(x) + hidden.matmul(self.ahead.weight_hh.val().transpose()); // [B, 4 H]
        next(gates, Some(cell))
    }
}

/// New hidden and cell state from the gates `[.., 4 H]`; no cell state stands for zero.
fn next<const D: usize>(gates: Tensor<D>, cell: Option<Tensor<D>>) -> (Tensor<D>, Tensor<D>) {
    let hidden = gates.dims()[D - 1] / 4;
    let input_forget = sigmoid(gates.clone().narrow(D - 1, 0, 2 * hidden));
    let candidate = tanh(gates.clone().narrow(D - 1, 2 * hidden, hidden));
    let output = sigmoid(gates.narrow(D - 1, 3 * hidden, hidden));
    let new = input_forget.clone().narrow(D - 1, 0, hidden) * candidate;
    let cell = match cell {
        Some(cell) => input_forget.narrow(D - 1, hidden, hidden) * cell + new,
        None => new,
    };
    (output * tanh(cell.clone()), cell)
}

/// Cuts `[L, ..]` into its steps, by halves: the gradient of a slice is a zero tensor of the size of what was sliced, so
/// cutting L steps from the whole costs L times the whole on the way back, cutting by halves log2(L) times.
fn split_steps(steps: Tensor<4>, out: &mut Vec<Tensor<4>>) {
    let length = steps.dims()[0];
    if length <= 1 {
        out.push(steps);
        return;
    }
    let half = length / 2;
    split_steps(steps.clone().narrow(0, 0, half), out);
    split_steps(steps.narrow(0, half, length - half), out);
}
