//! The weights of one LSTM layer in one reading direction.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

/// One reading direction of one layer, in PyTorch's layout and initialisation (uniform in `+-1 / sqrt(H)`); gates in the
/// order i, f, g, o.
#[derive(Module, Debug)]
pub struct LstmDirection {
    /// Input weights, `[4 H, d]`.
    pub weight_ih: Param<Tensor<2>>,
    /// Recurrent weights, `[4 H, H]`.
    pub weight_hh: Param<Tensor<2>>,
    /// Input bias, `[4 H]`.
    pub bias_ih: Param<Tensor<1>>,
    /// Recurrent bias, `[4 H]`.
    pub bias_hh: Param<Tensor<1>>,
}

impl LstmDirection {
    /// New weights for inputs of `input` numbers and a state of `hidden`.
    pub(super) fn new(input: usize, hidden: usize, device: &Device) -> Self {
        let bound = 1.0 / (hidden as f64).sqrt();
        let uniform = Initializer::Uniform { min: -bound, max: bound };
        Self {
            weight_ih: uniform.init([4 * hidden, input], device),
            weight_hh: uniform.init([4 * hidden, hidden], device),
            bias_ih: uniform.init([4 * hidden], device),
            bias_hh: uniform.init([4 * hidden], device),
        }
    }

    /// Size `H` of the state.
    pub(super) fn hidden(&self) -> usize {
        self.weight_hh.shape()[1]
    }

    /// What the input and the two biases give to the gates: `[N, d] -> [N, 4 H]`.
    pub(super) fn input_gates(&self, x: Tensor<2>) -> Tensor<2> {
        x.matmul(self.weight_ih.val().transpose()) + (self.bias_ih.val() + self.bias_hh.val()).unsqueeze::<2>()
    }
}
