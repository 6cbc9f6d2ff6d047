//! The recurrence of a GRU layer over packed sequences.

use burn::tensor::Tensor;
use burn::tensor::activation::{sigmoid, tanh};

/// The states of a GRU in one direction at every step, from what the input gives to its gates:
///
/// ```text
/// u = W h + b
/// r, z = sigmoid(gates_rz + u_rz)
/// n = tanh(gates_n + r u_n)
/// h' = (1 - z) n + z h
/// ```
///
/// The state starts at zero. Sequences are packed as in PyTorch: sorted by length, longest first, step after step the ones that
/// still run. On Flex the gradient of the weights is one product over all steps, where autodiff makes and adds one for each.
///
/// # Shapes
/// * `gates`: `[sum of running, 3 H]`, in the order r, z, n
/// * `recurrent`: `[3 H, H]`; `bias`: `[3 H]`
/// * `running`: sequences at each step, never growing
/// * output: `[sum of running, H]`
///
/// # Panics
/// If the shapes do not fit, the state has no numbers, or `running` grows, is empty or holds a zero.
pub fn gru(gates: Tensor<2>, recurrent: Tensor<2>, bias: Tensor<1>, running: &[usize]) -> Tensor<2> {
    let [steps, width] = gates.dims();
    let hidden = width / 3;
    assert!(running.iter().all(|&rows| rows > 0) && hidden > 0, "at every step a sequence runs: {running:?}");
    assert!(running.is_sorted_by(|now, then| now >= then), "running sequences never grow: {running:?}");
    assert_eq!(steps, running.iter().sum::<usize>(), "gates have a row for each sequence at each step");
    assert!(steps > 0, "a GRU reads at least one position");
    assert_eq!((width, bias.dims()), (3 * hidden, [3 * hidden]), "three gates of equal width, and a bias of them");
    assert_eq!(recurrent.dims(), [width, hidden], "recurrent weights are [3 H, H]");
    #[cfg(feature = "flex")]
    {
        use crate::flex::{Gru, Operand, run};
        let operands = (Operand::of(&gates), Operand::of(&recurrent), Operand::of(&bias));
        if let (Some(gates), Some(recurrent), Some(bias)) = operands {
            return run(Gru::new(running), [gates, recurrent, bias]);
        }
    }
    composed(gates, recurrent, bias, running)
}

/// The same from Burn's operations.
pub(crate) fn composed(gates: Tensor<2>, recurrent: Tensor<2>, bias: Tensor<1>, running: &[usize]) -> Tensor<2> {
    let hidden = recurrent.dims()[1];
    let mut steps = Vec::with_capacity(running.len());
    split_rows(gates, running, &mut steps);
    let recurrent = recurrent.transpose(); // [H, 3 H]
    let bias = bias.unsqueeze::<2>(); // [1, 3 H]
    let mut states: Vec<Tensor<2>> = Vec::with_capacity(running.len());
    for (step, &rows) in steps.into_iter().zip(running) {
        let state = states.last().map(|state| match state.dims()[0] {
            before if before == rows => state.clone(),
            _ => state.clone().narrow(0, 0, rows),
        });
        let from_state = match &state {
            Some(state) => state.clone().matmul(recurrent.clone()) + bias.clone(), // [rows, 3 H]
            None => bias.clone().expand([rows, 3 * hidden]),                       // the first state is zero
        };
        let gates = sigmoid(step.clone().narrow(1, 0, 2 * hidden) + from_state.clone().narrow(1, 0, 2 * hidden));
        let reset = gates.clone().narrow(1, 0, hidden); // [rows, H]
        let update = gates.narrow(1, hidden, hidden);
        let new = tanh(step.narrow(1, 2 * hidden, hidden) + reset * from_state.narrow(1, 2 * hidden, hidden));
        states.push(match state {
            Some(state) => new.clone() + update * (state - new),
            None => new.clone() - update * new,
        });
    }
    Tensor::cat(states, 0)
}

/// Cuts `rows` into consecutive blocks of the given sizes, by halves.
///
/// The gradient of a slice is a zero tensor of the size of what was sliced: cutting N blocks from the whole costs
/// N times the whole on the way back, cutting by halves log2(N) times.
fn split_rows(rows: Tensor<2>, sizes: &[usize], out: &mut Vec<Tensor<2>>) {
    if sizes.len() <= 1 {
        out.push(rows);
        return;
    }
    let (left, right) = sizes.split_at(sizes.len() / 2);
    let (first, second) = (left.iter().sum(), right.iter().sum());
    split_rows(rows.clone().narrow(0, 0, first), left, out);
    split_rows(rows.narrow(0, first, second), right, out);
}
