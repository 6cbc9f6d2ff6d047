//! Bidirectional GRU over word vectors: one input GEMM per direction, one recurrent GEMM per step.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use halation_kernels::gru;

use super::packed_words::indices;
use super::{BiGruPooling, PackedWords};

/// Settings of a [`BiGru`].
#[derive(Config, Debug)]
pub struct BiGruConfig {
    /// Numbers for each word.
    pub input: usize,
    /// State of each direction `H`; the output has `2 H`.
    pub hidden: usize,
    /// Which states stand for the caption.
    #[config(default = "BiGruPooling::FinalStates")]
    pub pooling: BiGruPooling,
}

/// A one-layer bidirectional GRU, equal to `torch.nn.GRU(bidirectional=True)` on packed sequences:
///
/// ```text
/// r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
/// z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
/// n = tanh(W_in x + b_in + r * (W_hn h + b_hn))
/// h' = (1 - z) * n + z * h
/// ```
///
/// Parameters have PyTorch's names, layout (`[3 H, d]`, gates in the order r, z, n) and initialisation,
/// uniform in `+-1 / sqrt(H)`.
#[derive(Module, Debug)]
pub struct BiGru {
    /// Input weights, forward, `[3 H, d]`.
    pub weight_ih_l0: Param<Tensor<2>>,
    /// Recurrent weights, forward, `[3 H, H]`.
    pub weight_hh_l0: Param<Tensor<2>>,
    /// Input bias, forward, `[3 H]`.
    pub bias_ih_l0: Param<Tensor<1>>,
    /// Recurrent bias, forward, `[3 H]`.
    pub bias_hh_l0: Param<Tensor<1>>,
    /// Input weights, backward, `[3 H, d]`.
    pub weight_ih_l0_reverse: Param<Tensor<2>>,
    /// Recurrent weights, backward, `[3 H, H]`.
    pub weight_hh_l0_reverse: Param<Tensor<2>>,
    /// Input bias, backward, `[3 H]`.
    pub bias_ih_l0_reverse: Param<Tensor<1>>,
    /// Recurrent bias, backward, `[3 H]`.
    pub bias_hh_l0_reverse: Param<Tensor<1>>,
    /// Which states stand for the caption.
    #[module(skip)]
    pub pooling: BiGruPooling,
}

impl BiGruConfig {
    /// A GRU with PyTorch's default initialisation.
    pub fn init(&self, device: &Device) -> BiGru {
        let bound = 1.0 / (self.hidden as f64).sqrt();
        let uniform = Initializer::Uniform { min: -bound, max: bound };
        let gates = 3 * self.hidden;
        BiGru {
            weight_ih_l0: uniform.init([gates, self.input], device),
            weight_hh_l0: uniform.init([gates, self.hidden], device),
            bias_ih_l0: uniform.init([gates], device),
            bias_hh_l0: uniform.init([gates], device),
            weight_ih_l0_reverse: uniform.init([gates, self.input], device),
            weight_hh_l0_reverse: uniform.init([gates, self.hidden], device),
            bias_ih_l0_reverse: uniform.init([gates], device),
            bias_hh_l0_reverse: uniform.init([gates], device),
            pooling: self.pooling,
        }
    }
}

impl BiGru {
    /// One vector for each sequence, forward half first.
    ///
    /// # Shapes
    /// * output: `[B, 2 H]`, in the order of the batch
    pub fn forward(&self, words: &PackedWords) -> Tensor<2> {
        let [forward, backward] = self.directions();
        let whole = forward.last_states(words.forward.clone(), &words.running); // [B, H]
        let reverse = match self.pooling {
            BiGruPooling::FinalStates => backward.last_states(words.backward.clone(), &words.running),
            // At the last word the backward reader has made its first step.
            BiGruPooling::LegacyLastStep => {
                let first = words.running[0];
                backward.last_states(words.backward.clone().narrow(0, 0, first), &words.running[..1])
            }
        };
        Tensor::cat(vec![whole, reverse], 1).select(0, words.restore.clone()) // [B, 2 H]
    }

    /// The states of both directions at every word, whatever the pooling: `[forward, backward]`, zero past the end of a
    /// sequence, as `torch.nn.utils.rnn.pad_packed_sequence` gives the two halves of the output.
    ///
    /// # Shapes
    /// * output: twice `[B, longest, H]`, in the order of the batch
    pub fn outputs(&self, words: &PackedWords) -> [Tensor<3>; 2] {
        let [forward, backward] = self.directions();
        let whole = forward.states(words.forward.clone(), &words.running); // [sum of lengths, H]
        let reverse = backward.states(words.backward.clone(), &words.running);
        words.unpack(whole, reverse)
    }

    fn directions(&self) -> [Direction; 2] {
        let forward = Direction {
            input_weight: self.weight_ih_l0.val(),
            recurrent_weight: self.weight_hh_l0.val(),
            input_bias: self.bias_ih_l0.val(),
            recurrent_bias: self.bias_hh_l0.val(),
        };
        let backward = Direction {
            input_weight: self.weight_ih_l0_reverse.val(),
            recurrent_weight: self.weight_hh_l0_reverse.val(),
            input_bias: self.bias_ih_l0_reverse.val(),
            recurrent_bias: self.bias_hh_l0_reverse.val(),
        };
        [forward, backward]
    }
}

/// The parameters of one reading direction.
struct Direction {
    input_weight: Tensor<2>,
    recurrent_weight: Tensor<2>,
    input_bias: Tensor<1>,
    recurrent_bias: Tensor<1>,
}

impl Direction {
    /// The state of each sequence after its last step, in packed order.
    ///
    /// # Shapes
    /// * `words`: `[sum of running, d]`; `running`: sequences at each step, never growing
    /// * output: `[running[0], H]`
    fn last_states(&self, words: Tensor<2>, running: &[usize]) -> Tensor<2> {
        let states = self.states(words, running);
        let mut last = vec![0; running[0]];
        let mut start = 0;
        for &rows in running {
            last[..rows].iter_mut().zip(start..).for_each(|(last, row)| *last = row);
            start += rows;
        }
        let device = states.device();
        states.select(0, indices(&last, &device))
    }

    /// The state of each sequence that still runs, after every step, in packed order.
    ///
    /// # Shapes
    /// * `words`: `[sum of running, d]`; `running`: sequences at each step, never growing
    /// * output: `[sum of running, H]`
    fn states(&self, words: Tensor<2>, running: &[usize]) -> Tensor<2> {
        let gates = words.matmul(self.input_weight.clone().transpose()) + self.input_bias.clone().unsqueeze::<2>(); // [sum, 3 H]
        gru(gates, self.recurrent_weight.clone(), self.recurrent_bias.clone(), running)
    }
}
