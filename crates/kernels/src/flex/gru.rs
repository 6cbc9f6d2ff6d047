//! The recurrence of a GRU layer in one pass, with backpropagation through time.

use super::Kernel;
use super::operand::{Float, float, values};
use super::rows::{for_rows, matmul, product};
use crate::math::{sigmoid, tanh};
use rayon::prelude::*;
use std::sync::Arc;

/// See [`gru`](crate::gru()).
#[derive(Clone, Debug)]
pub(crate) struct Gru {
    /// Sequences at each step.
    running: Arc<[usize]>,
}

/// What the way back reads.
#[derive(Debug)]
pub(crate) struct Saved {
    recurrent: Float,
    /// `r`, `z`, `n` after their activation functions, `[N, 3 H]`.
    gates: Vec<f32>,
    /// `u_n`, what the state gave to `n`, `[N, H]`.
    to_new: Vec<f32>,
    /// `[N, H]`.
    states: Float,
}

impl Gru {
    /// A GRU over sequences packed so.
    pub(crate) fn new(running: &[usize]) -> Self {
        Self { running: running.into() }
    }

    /// Each step's first row, its rows, and the first row of the step before it.
    fn steps(&self) -> impl DoubleEndedIterator<Item = (usize, usize, Option<usize>)> {
        let starts: Vec<usize> =
            self.running.iter().scan(0, |next, rows| Some(std::mem::replace(next, *next + rows))).collect();
        let steps: Vec<_> = (0..starts.len())
            .map(|step| (starts[step], self.running[step], step.checked_sub(1).map(|before| starts[before])))
            .collect();
        steps.into_iter()
    }
}

impl Kernel<3> for Gru {
    type Saved = Arc<Saved>;

    fn forward(&self, [gates, recurrent, bias]: [Float; 3]) -> (Float, Arc<Saved>) {
        let [count, width] = gates.layout().shape().dims();
        let hidden = width / 3;
        let mut gates = values(&gates.to_contiguous()).to_vec();
        let bias = bias.to_contiguous();
        let bias = values(&bias);
        // Copied once into the layout that products read as it is; otherwise each step would sort the weights anew.
        let weights = recurrent.transpose(0, 1).to_contiguous(); // [H, 3 H]
        let (mut to_new, mut states) = (vec![0.0; count * hidden], vec![0.0; count * hidden]);
        for (start, rows, before) in self.steps() {
            let (done, rest) = states.split_at_mut(start * hidden);
            let before = before.map(|before| &done[before * hidden..][..rows * hidden]);
            let from_state = before.map(|state| product(state, rows, &weights));
            let gates = gates[start * width..][..rows * width].par_chunks_mut(width);
            let to_new = to_new[start * hidden..][..rows * hidden].par_chunks_mut(hidden);
            let rows = gates.zip(to_new).zip(rest[..rows * hidden].par_chunks_mut(hidden));
            for_rows(
                rows,
                4 * hidden,
                #[inline(always)]
                |row, ((gates, to_new), state)| {
                    let from_state = from_state.as_ref().map(|rows| &rows[row * width..][..width]);
                    let before = before.map(|rows| &rows[row * hidden..][..hidden]);
                    advance((gates, to_new, state), bias, from_state, before);
                },
            );
        }
        let states = float(states, &[count, hidden]);
        (states.clone(), Arc::new(Saved { recurrent: recurrent.to_contiguous(), gates, to_new, states }))
    }

    fn backward(&self, saved: Arc<Saved>, gradient: Float, wanted: [bool; 3]) -> [Option<Float>; 3] {
        let Saved { recurrent, gates, to_new, states } = saved.as_ref();
        let [count, hidden] = gradient.layout().shape().dims();
        let width = 3 * hidden;
        let (gradient, of_state) = (values(&gradient), values(states));
        let mut back = vec![0.0; count * width]; // of the gates before their activation functions
        let mut recurrence = vec![0.0; count * width]; // of u
        let mut after = vec![0.0; self.running[0] * hidden]; // of the states, from the steps after
        for (start, rows, before) in self.steps().rev() {
            let known = &gates[start * width..][..rows * width];
            let back_rows = back[start * width..][..rows * width].par_chunks_mut(width);
            let recurrence_rows = recurrence[start * width..][..rows * width].par_chunks_mut(width);
            let after_rows = after[..rows * hidden].par_chunks_mut(hidden);
            for_rows(
                back_rows.zip(recurrence_rows).zip(after_rows),
                3 * width,
                #[inline(always)]
                |row, ((back, recurrence), after)| {
                    let at = (start + row) * hidden;
                    let before = before.map(|before| &of_state[(before + row) * hidden..][..hidden]);
                    let known = (&known[row * width..][..width], &to_new[at..][..hidden], before);
                    retreat((back, recurrence, after), known, &gradient[at..][..hidden]);
                },
            );
            if before.is_some() {
                let more = product(&recurrence[start * width..][..rows * width], rows, recurrent);
                after[..rows * hidden].iter_mut().zip(more).for_each(|(after, more)| *after += more);
            }
        }

        let of_bias = wanted[2].then(|| {
            let mut sum = vec![0.0; width];
            for row in recurrence.chunks_exact(width) {
                sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
            float(sum, &[width])
        });
        let of_weights = wanted[1].then(|| {
            let first = self.running[0];
            let mut before = Vec::with_capacity((count - first) * hidden);
            for (_, rows, at) in self.steps() {
                before.extend_from_slice(at.map_or(&[][..], |at| &of_state[at * hidden..][..rows * hidden]));
            }
            let recurrence = float(recurrence, &[count, width]).narrow(0, first, count - first).transpose(0, 1);
            matmul(recurrence, float(before, &[count - first, hidden]))
        });
        [wanted[0].then(|| float(back, &[count, width])), of_weights, of_bias]
    }
}

/// One step of one sequence: activates the gates in place and writes `u_n` and the state.
#[inline(always)]
fn advance(
    (gates, to_new, state): (&mut [f32], &mut [f32], &mut [f32]),
    bias: &[f32],
    from_state: Option<&[f32]>,
    before: Option<&[f32]>,
) {
    let hidden = state.len();
    let (bias_gates, bias_new) = bias.split_at(2 * hidden);
    let (reset_update, new) = gates.split_at_mut(2 * hidden);
    reset_update.iter_mut().zip(bias_gates).for_each(|(gate, bias)| *gate += bias);
    to_new.copy_from_slice(bias_new);
    if let Some(from_state) = from_state {
        let (to_gates, more) = from_state.split_at(2 * hidden);
        reset_update.iter_mut().zip(to_gates).for_each(|(gate, more)| *gate += more);
        to_new.iter_mut().zip(more).for_each(|(to_new, more)| *to_new += more);
    }
    reset_update.iter_mut().for_each(|gate| *gate = sigmoid(*gate));
    let (reset, update) = reset_update.split_at(hidden);
    for n in 0..hidden {
        new[n] = tanh(new[n] + reset[n] * to_new[n]);
    }
    match before {
        Some(before) => {
            for n in 0..hidden {
                state[n] = new[n] + update[n] * (before[n] - new[n]);
            }
        }
        None => {
            for n in 0..hidden {
                state[n] = new[n] - update[n] * new[n];
            }
        }
    }
}

/// One step back of one sequence: writes the gradients of the gates and of `u`, and the direct part of that of the state before
/// over what came from the steps after.
#[inline(always)]
fn retreat(
    (back, recurrence, after): (&mut [f32], &mut [f32], &mut [f32]),
    (gates, to_new, before): (&[f32], &[f32], Option<&[f32]>),
    given: &[f32],
) {
    let hidden = given.len();
    let (reset, rest) = gates.split_at(hidden);
    let (update, new) = rest.split_at(hidden);
    let (back_reset, rest) = back.split_at_mut(hidden);
    let (back_update, back_new) = rest.split_at_mut(hidden);
    for n in 0..hidden {
        let state = given[n] + after[n];
        let of_new = state * (1.0 - update[n]) * (1.0 - new[n] * new[n]);
        back_new[n] = of_new;
        back_reset[n] = of_new * to_new[n] * reset[n] * (1.0 - reset[n]);
        back_update[n] = state * update[n] * (1.0 - update[n]);
        after[n] = state * update[n];
    }
    match before {
        Some(before) => {
            for n in 0..hidden {
                back_update[n] *= before[n] - new[n];
            }
        }
        None => {
            for n in 0..hidden {
                back_update[n] *= -new[n];
            }
        }
    }
    recurrence[..hidden].copy_from_slice(back_reset);
    recurrence[hidden..2 * hidden].copy_from_slice(back_update);
    for (value, (new, reset)) in recurrence[2 * hidden..].iter_mut().zip(back_new.iter().zip(reset)) {
        *value = new * reset;
    }
}
