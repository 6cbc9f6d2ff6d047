//! The recurrence of an LSTM layer.

use burn::tensor::Tensor;
use burn::tensor::activation::{sigmoid, tanh};

/// The states of an LSTM layer at every position, from what the input gives to its gates:
///
/// ```text
/// i, f, g, o = split(gates[l] + W h)
/// c' = sigmoid(f) c + sigmoid(i) tanh(g)
/// h' = sigmoid(o) tanh(c')
/// ```
///
/// State and memory start at zero. The first direction reads from the first position to the last, the second back.
/// On Flex the gradient of the weights is one product over all positions, where autodiff makes and adds one for each.
///
/// # Shapes
/// * `gates`: `[R, L, B, 4 H]` for `R` = 1 or 2 directions, gates in the order i, f, g, o
/// * `recurrent`: `[R, 4 H, H]`
/// * output: `[R, L, B, H]`
///
/// # Panics
/// If the shapes do not fit, or there is no position, no sequence or no state.
pub fn lstm(gates: Tensor<4>, recurrent: Tensor<3>) -> Tensor<4> {
    let [directions, length, batch, width] = gates.dims();
    let hidden = width / 4;
    assert!(matches!(directions, 1 | 2), "an LSTM reads in one or two directions");
    assert!(length * batch * hidden > 0, "an LSTM reads at least one position of one sequence into one number");
    assert_eq!(width, 4 * hidden, "four gates of equal width");
    assert_eq!(recurrent.dims(), [directions, width, hidden], "recurrent weights are [R, 4 H, H]");
    #[cfg(feature = "flex")]
    {
        use crate::flex::{Lstm, Operand, run};
        if let (Some(gates), Some(recurrent)) = (Operand::of(&gates), Operand::of(&recurrent)) {
            return run(Lstm, [gates, recurrent]);
        }
    }
    composed(gates, recurrent)
}

/// The same from Burn's operations.
pub(crate) fn composed(gates: Tensor<4>, recurrent: Tensor<3>) -> Tensor<4> {
    let [directions, length, ..] = gates.dims();
    let recurrent = recurrent.swap_dims(1, 2); // [R, H, 4 H]
    let gates = match directions {
        1 => gates,
        // In the order of reading: the last position first.
        _ => Tensor::cat(vec![gates.clone().narrow(0, 0, 1), gates.narrow(0, 1, 1).flip([1])], 0),
    };
    let mut steps = Vec::with_capacity(length);
    split_steps(gates, &mut steps); // each [R, 1, B, 4 H]
    let mut states: Vec<Tensor<3>> = Vec::with_capacity(length); // [R, B, H]
    let mut cell = None;
    for step in steps {
        let step = step.squeeze_dim::<3>(1);
        let gates = match states.last() {
            Some(state) => step + state.clone().matmul(recurrent.clone()),
            None => step,
        };
        let (state, new_cell) = lstm_cell(gates, cell);
        cell = Some(new_cell);
        states.push(state);
    }
    let states = Tensor::stack::<4>(states, 1); // [R, L, B, H]
    match directions {
        1 => states,
        _ => Tensor::cat(vec![states.clone().narrow(0, 0, 1), states.narrow(0, 1, 1).flip([1])], 0),
    }
}

/// One step of an LSTM: new state and memory from the gates `[.., 4 H]`, as in [`lstm`]; no memory stands for zero.
pub fn lstm_cell<const D: usize>(gates: Tensor<D>, cell: Option<Tensor<D>>) -> (Tensor<D>, Tensor<D>) {
    let last = D - 1;
    let hidden = gates.dims()[last] / 4;
    let input_forget = sigmoid(gates.clone().narrow(last, 0, 2 * hidden));
    let candidate = tanh(gates.clone().narrow(last, 2 * hidden, hidden));
    let output = sigmoid(gates.narrow(last, 3 * hidden, hidden));
    let new = input_forget.clone().narrow(last, 0, hidden) * candidate;
    let cell = match cell {
        Some(cell) => input_forget.narrow(last, hidden, hidden) * cell + new,
        None => new,
    };
    (output * tanh(cell.clone()), cell)
}

/// Cuts `[R, L, ..]` into its steps, by halves: the gradient of a slice is a zero tensor of the size of what was sliced, so
/// cutting L steps from the whole costs L times the whole on the way back, cutting by halves log2(L) times.
fn split_steps(steps: Tensor<4>, out: &mut Vec<Tensor<4>>) {
    let length = steps.dims()[1];
    if length <= 1 {
        out.push(steps);
        return;
    }
    let half = length / 2;
    split_steps(steps.clone().narrow(1, 0, half), out);
    split_steps(steps.narrow(1, half, length - half), out);
}
