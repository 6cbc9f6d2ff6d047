//! The recurrence of an LSTM layer in one pass, with backpropagation through time.

use super::Kernel;
use super::operand::{Float, float, values};
use super::rows::{for_rows, matmul, product};
use crate::math::{sigmoid, tanh};
use rayon::prelude::*;
use std::sync::Arc;

/// See [`lstm`](crate::lstm()).
#[derive(Clone, Debug)]
pub(crate) struct Lstm;

/// What the way back reads.
#[derive(Debug)]
pub(crate) struct Saved {
    sizes: Sizes,
    recurrent: Float,
    /// After their activation functions, `[R, L, B, 4 H]`.
    gates: Vec<f32>,
    /// Memory after each step, `[R, L, B, H]`.
    cells: Vec<f32>,
    /// `[R, L, B, H]`.
    states: Float,
}

/// Positions, sequences, state.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    directions: usize,
    length: usize,
    batch: usize,
    hidden: usize,
}

impl Sizes {
    /// Numbers of a state of all sequences.
    fn step(&self) -> usize {
        self.batch * self.hidden
    }

    /// Positions in the order in which a direction reads them.
    fn order(&self, direction: usize) -> impl DoubleEndedIterator<Item = usize> {
        let length = self.length;
        (0..length).map(move |n| if direction == 0 { n } else { length - 1 - n })
    }
}

impl Kernel<2> for Lstm {
    type Saved = Arc<Saved>;

    fn forward(&self, [gates, recurrent]: [Float; 2]) -> (Float, Arc<Saved>) {
        let [directions, length, batch, width] = gates.layout().shape().dims();
        let sizes = Sizes { directions, length, batch, hidden: width / 4 };
        let step = sizes.step();
        let mut gates = values(&gates.to_contiguous()).to_vec();
        let recurrent = recurrent.to_contiguous();
        let (mut cells, mut states) = (vec![0.0; directions * length * step], vec![0.0; directions * length * step]);

        let parts = gates.par_chunks_mut(4 * length * step);
        let parts =
            parts.zip(cells.par_chunks_mut(length * step)).zip(states.par_chunks_mut(length * step)).enumerate();
        parts.for_each(|(direction, ((gates, cells), states))| {
            // Copied once into the layout that products read as it is; otherwise each step would sort the weights anew.
            let weights = weights(&recurrent, direction).transpose(0, 1).to_contiguous(); // [H, 4 H]
            let mut before: Option<usize> = None;
            for at in sizes.order(direction) {
                let from_state = before.map(|l| product(&states[l * step..][..step], batch, &weights));
                let cell_before = before.map(|l| cells[l * step..][..step].to_vec());
                let rows = (
                    &mut gates[4 * at * step..][..4 * step],
                    &mut cells[at * step..][..step],
                    &mut states[at * step..][..step],
                );
                advance(sizes.hidden, rows, from_state.as_deref(), cell_before.as_deref());
                before = Some(at);
            }
        });
        let states = float(states, &[directions, length, batch, sizes.hidden]);
        (states.clone(), Arc::new(Saved { sizes, recurrent, gates, cells, states }))
    }

    fn backward(&self, saved: Arc<Saved>, gradient: Float, wanted: [bool; 2]) -> [Option<Float>; 2] {
        let Saved { sizes, recurrent, gates, cells, states } = saved.as_ref();
        let Sizes { directions, length, batch, hidden } = *sizes;
        let step = sizes.step();
        let gradient = values(&gradient);
        let mut back = vec![0.0; gates.len()]; // of the gates before their activation functions

        back.par_chunks_mut(4 * length * step).enumerate().for_each(|(direction, back)| {
            let part = direction * length * step;
            let weights = weights(recurrent, direction); // [4 H, H]
            let (mut state, mut cell) = (vec![0.0; step], vec![0.0; step]); // gradients from the steps after
            let order: Vec<usize> = sizes.order(direction).collect();
            for (n, &at) in order.iter().enumerate().rev() {
                let now = part + at * step;
                let before = n.checked_sub(1).map(|n| &cells[part + order[n] * step..][..step]);
                let back = &mut back[4 * at * step..][..4 * step];
                let known = (&gates[4 * now..][..4 * step], &cells[now..][..step], before);
                retreat(hidden, (back, &mut cell), known, (&gradient[now..][..step], &state));
                if n > 0 {
                    state = product(back, batch, &weights);
                }
            }
        });

        let back = float(back, &[directions, length, batch, 4 * hidden]);
        let of_weights = wanted[1].then(|| {
            let rows = (length - 1) * batch;
            let back = back.reshape([directions * length * batch, 4 * hidden].into());
            let states = states.reshape([directions * length * batch, hidden].into());
            let mut all = Vec::with_capacity(directions * 4 * hidden * hidden);
            for direction in 0..directions {
                // Every state meets the gates of the step after it: one position on, or one back.
                let first = direction * length * batch;
                let (at, of) = if direction == 0 { (first + batch, first) } else { (first, first + batch) };
                let back = back.narrow(0, at, rows).transpose(0, 1);
                all.extend_from_slice(values(&matmul(back, states.narrow(0, of, rows))));
            }
            float(all, &[directions, 4 * hidden, hidden])
        });
        [wanted[0].then_some(back), of_weights]
    }
}

/// `[4 H, H]` of one direction.
fn weights(recurrent: &Float, direction: usize) -> Float {
    let [_, width, hidden] = recurrent.layout().shape().dims();
    recurrent.narrow(0, direction, 1).reshape([width, hidden].into())
}

/// One step of all sequences: activates the gates in place and writes memory and state.
fn advance(
    hidden: usize,
    (gates, cells, states): (&mut [f32], &mut [f32], &mut [f32]),
    from_state: Option<&[f32]>,
    before: Option<&[f32]>,
) {
    let rows = gates.par_chunks_mut(4 * hidden).zip(cells.par_chunks_mut(hidden)).zip(states.par_chunks_mut(hidden));
    for_rows(
        rows,
        5 * hidden,
        #[inline(always)]
        |row, ((gates, cell), state)| {
            if let Some(from_state) = from_state {
                let from_state = &from_state[4 * row * hidden..][..4 * hidden];
                gates.iter_mut().zip(from_state).for_each(|(gate, more)| *gate += more);
            }
            let (sigmoids, output) = gates.split_at_mut(2 * hidden);
            let (candidate, output) = output.split_at_mut(hidden);
            sigmoids.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
            candidate.iter_mut().for_each(|gate| *gate = tanh(*gate));
            output.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
            let (input, forget) = sigmoids.split_at(hidden);
            for n in 0..hidden {
                cell[n] = input[n] * candidate[n];
            }
            if let Some(before) = before {
                let before = &before[row * hidden..][..hidden];
                for n in 0..hidden {
                    cell[n] += forget[n] * before[n];
                }
            }
            for n in 0..hidden {
                state[n] = output[n] * tanh(cell[n]);
            }
        },
    );
}

/// One step back of all sequences: writes the gradient of the gates, and of the memory before over that of the memory after.
fn retreat(
    hidden: usize,
    (back, cell_gradient): (&mut [f32], &mut [f32]),
    (gates, cells, before): (&[f32], &[f32], Option<&[f32]>),
    (given, from_after): (&[f32], &[f32]),
) {
    let rows = back.par_chunks_mut(4 * hidden).zip(cell_gradient.par_chunks_mut(hidden));
    for_rows(
        rows,
        2 * hidden,
        #[inline(always)]
        |row, (back, cell_gradient)| {
            let gates = &gates[4 * row * hidden..][..4 * hidden];
            let (input, rest) = gates.split_at(hidden);
            let (forget, rest) = rest.split_at(hidden);
            let (candidate, output) = rest.split_at(hidden);
            let (back_input, rest) = back.split_at_mut(hidden);
            let (back_forget, rest) = rest.split_at_mut(hidden);
            let (back_candidate, back_output) = rest.split_at_mut(hidden);
            let cell = &cells[row * hidden..][..hidden];
            let (given, from_after) = (&given[row * hidden..][..hidden], &from_after[row * hidden..][..hidden]);
            for n in 0..hidden {
                let state = given[n] + from_after[n];
                let squashed = tanh(cell[n]);
                let memory = cell_gradient[n] + state * output[n] * (1.0 - squashed * squashed);
                back_output[n] = state * squashed * output[n] * (1.0 - output[n]);
                back_input[n] = memory * candidate[n] * input[n] * (1.0 - input[n]);
                back_candidate[n] = memory * input[n] * (1.0 - candidate[n] * candidate[n]);
                back_forget[n] = memory * forget[n] * (1.0 - forget[n]);
                cell_gradient[n] = memory * forget[n];
            }
            match before {
                Some(before) => {
                    let before = &before[row * hidden..][..hidden];
                    back_forget.iter_mut().zip(before).for_each(|(back, before)| *back *= before);
                }
                None => back_forget.fill(0.0),
            }
        },
    );
}
