//! Bidirectional LSTM over sequences of equal length: one input GEMM per direction, one recurrent GEMM per step.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Device, Tensor};

/// Settings of a [`BiLstm`].
#[derive(Config, Debug)]
pub struct BiLstmConfig {
    /// Numbers at each position.
    pub input: usize,
    /// State of each direction `H`; the output has `2 H`.
    pub hidden: usize,
}

/// A one-layer bidirectional LSTM, equal to `torch.nn.LSTM(bidirectional=True, batch_first=True)`:
///
/// ```text
/// i, f, o = sigmoid(W_i. x + b_i. + W_h. h + b_h.)
/// g = tanh(W_ig x + b_ig + W_hg h + b_hg)
/// c' = f * c + i * g
/// h' = o * tanh(c')
/// ```
///
/// Parameters have PyTorch's names, layout (`[4 H, d]`, gates in the order i, f, g, o) and initialisation, uniform in
/// `+-1 / sqrt(H)`.
#[derive(Module, Debug)]
pub struct BiLstm {
    /// Input weights, forward, `[4 H, d]`.
    pub weight_ih_l0: Param<Tensor<2>>,
    /// Recurrent weights, forward, `[4 H, H]`.
    pub weight_hh_l0: Param<Tensor<2>>,
    /// Input bias, forward, `[4 H]`.
    pub bias_ih_l0: Param<Tensor<1>>,
    /// Recurrent bias, forward, `[4 H]`.
    pub bias_hh_l0: Param<Tensor<1>>,
    /// Input weights, backward, `[4 H, d]`.
    pub weight_ih_l0_reverse: Param<Tensor<2>>,
    /// Recurrent weights, backward, `[4 H, H]`.
    pub weight_hh_l0_reverse: Param<Tensor<2>>,
    /// Input bias, backward, `[4 H]`.
    pub bias_ih_l0_reverse: Param<Tensor<1>>,
    /// Recurrent bias, backward, `[4 H]`.
    pub bias_hh_l0_reverse: Param<Tensor<1>>,
}

impl BiLstmConfig {
    /// An LSTM with PyTorch's default initialisation.
    pub fn init(&self, device: &Device) -> BiLstm {
        let bound = 1.0 / (self.hidden as f64).sqrt();
        let uniform = Initializer::Uniform { min: -bound, max: bound };
        let gates = 4 * self.hidden;
        BiLstm {
            weight_ih_l0: uniform.init([gates, self.input], device),
            weight_hh_l0: uniform.init([gates, self.hidden], device),
            bias_ih_l0: uniform.init([gates], device),
            bias_hh_l0: uniform.init([gates], device),
            weight_ih_l0_reverse: uniform.init([gates, self.input], device),
            weight_hh_l0_reverse: uniform.init([gates, self.hidden], device),
            bias_ih_l0_reverse: uniform.init([gates], device),
            bias_hh_l0_reverse: uniform.init([gates], device),
        }
    }
}

impl BiLstm {
    /// The states of both directions at every position, forward half first; both start from zero.
    ///
    /// # Shapes
    /// * `sequence`: `[B, L, d]`
    /// * output: `[B, L, 2 H]`
    pub fn forward(&self, sequence: Tensor<3>) -> Tensor<3> {
        let steps = sequence.swap_dims(0, 1); // [L, B, d]
        let forward = Direction {
            input_weight: self.weight_ih_l0.val(),
            recurrent_weight: self.weight_hh_l0.val(),
            bias: self.bias_ih_l0.val() + self.bias_hh_l0.val(),
        };
        let backward = Direction {
            input_weight: self.weight_ih_l0_reverse.val(),
            recurrent_weight: self.weight_hh_l0_reverse.val(),
            bias: self.bias_ih_l0_reverse.val() + self.bias_hh_l0_reverse.val(),
        };
        let whole = forward.states(steps.clone(), false);
        let reverse = backward.states(steps, true);
        Tensor::cat(vec![Tensor::stack(whole, 1), Tensor::stack(reverse, 1)], 2) // [B, L, 2 H]
    }
}

/// The parameters of one reading direction.
struct Direction {
    input_weight: Tensor<2>,
    recurrent_weight: Tensor<2>,
    bias: Tensor<1>,
}

impl Direction {
    /// The state at every position, in the order of positions, read from the end if `reversed`.
    ///
    /// # Shapes
    /// * `sequence`: `[L, B, d]`
    /// * output: `L` times `[B, H]`
    fn states(&self, sequence: Tensor<3>, reversed: bool) -> Vec<Tensor<2>> {
        let [length, batch, dim] = sequence.dims();
        let [gates, hidden] = self.recurrent_weight.dims();
        let input = sequence.reshape([length * batch, dim]).matmul(self.input_weight.clone().transpose());
        let input = (input + self.bias.clone().unsqueeze::<2>()).reshape([length, batch, gates]); // [L, B, 4 H]
        let mut steps = Vec::with_capacity(length);
        split_steps(input, &mut steps);
        if reversed {
            steps.reverse();
        }

        let recurrent = self.recurrent_weight.clone().transpose(); // [H, 4 H]
        let mut states: Vec<Tensor<2>> = Vec::with_capacity(length);
        let mut cell: Option<Tensor<2>> = None;
        for step in steps {
            let all = match states.last() {
                Some(state) => step + state.clone().matmul(recurrent.clone()), // [B, 4 H]
                None => step,                                                  // the first state is zero
            };
            let gate = |index: usize| all.clone().narrow(1, index * hidden, hidden);
            let new = sigmoid(gate(0)) * tanh(gate(2));
            let next = match cell {
                Some(cell) => sigmoid(gate(1)) * cell + new,
                None => new,
            };
            states.push(sigmoid(gate(3)) * tanh(next.clone()));
            cell = Some(next);
        }
        if reversed {
            states.reverse();
        }
        states
    }
}

/// Cuts `[L, B, n]` into `L` steps `[B, n]`, by halves: see [`BiGru`](super::BiGru) for why.
fn split_steps(steps: Tensor<3>, out: &mut Vec<Tensor<2>>) {
    let [length, batch, width] = steps.dims();
    if length == 0 {
        return;
    }
    if length == 1 {
        out.push(steps.reshape([batch, width]));
        return;
    }
    let half = length / 2;
    split_steps(steps.clone().narrow(0, 0, half), out);
    split_steps(steps.narrow(0, half, length - half), out);
}
