//! LSTMs over whole sequences: one input GEMM for all steps, one recurrent GEMM per step for both directions.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{LstmLayer, LstmMemory};
use crate::ModelError;
use crate::head::config_error;

/// Settings of an [`Lstm`].
#[derive(Config, Debug)]
pub struct LstmConfig {
    /// Numbers at each position.
    pub input: usize,
    /// State of each direction `H`.
    pub hidden: usize,
    /// Layers, each reading what the one before it wrote.
    #[config(default = 1)]
    pub layers: usize,
    /// Whether each layer reads in both directions; the output then has `2 H` numbers, forward half first.
    #[config(default = false)]
    pub bidirectional: bool,
}

/// Layers of LSTM, equal to `torch.nn.LSTM(batch_first=True)` without packing:
///
/// ```text
/// i, f, g, o = split(W_ih x + b_ih + W_hh h + b_hh)
/// c' = sigmoid(f) c + sigmoid(i) tanh(g)
/// h' = sigmoid(o) tanh(c')
/// ```
///
/// Burn's own LSTM multiplies four gates apart at every step and writes each state into the full output; this one multiplies
/// the inputs of all steps at once and makes one recurrent product per step, for both directions together.
#[derive(Module, Debug)]
pub struct Lstm {
    /// From the input up.
    pub layers: Vec<LstmLayer>,
}

impl LstmConfig {
    /// Whether an LSTM can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value) in [("input", self.input), ("hidden", self.hidden), ("layers", self.layers)] {
            if value == 0 {
                return config_error("LstmConfig", field, value, "an LSTM needs at least one");
            }
        }
        Ok(())
    }

    /// An LSTM with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> Lstm {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let above = self.hidden * if self.bidirectional { 2 } else { 1 };
        let layer = |index: usize| {
            let input = if index == 0 { self.input } else { above };
            LstmLayer::new(input, self.hidden, self.bidirectional, device)
        };
        Lstm { layers: (0..self.layers).map(layer).collect() }
    }
}

impl Lstm {
    /// The states of the last layer at every position.
    ///
    /// # Shapes
    /// * `x`: `[B, L, d]`
    /// * output: `[B, L, H]`, or `[B, L, 2 H]` in both directions
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let first = x.swap_dims(0, 1); // [L, B, d]
        self.layers.iter().fold(first, |x, layer| layer.forward(x)).swap_dims(0, 1)
    }

    /// The memory before the first step.
    pub fn start(&self, batch: usize, device: &Device) -> LstmMemory {
        LstmMemory::start(self.layers.iter().map(|layer| layer.ahead.hidden()), batch, device)
    }

    /// One step: the states of the last layer, `[B, H]`, for inputs `[B, d]`; what [`forward`](Self::forward) gives at that
    /// position.
    ///
    /// # Panics
    /// If the LSTM reads in both directions.
    pub fn step(&self, x: Tensor<2>, memory: &mut LstmMemory) -> Tensor<2> {
        self.layers.iter().zip(&mut memory.layers).fold(x, |x, (layer, (hidden, cell))| {
            (*hidden, *cell) = layer.step(x, hidden.clone(), cell.clone());
            hidden.clone()
        })
    }
}
