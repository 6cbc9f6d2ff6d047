//! The position-wise half of a block.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::{gelu_tanh, silu};

use super::DitMlpKind;

/// `W_2 act(W_1 x)` at every position.
#[derive(Module, Debug)]
pub struct DitMlp {
    /// `W_1`, from `d` to the hidden width, twice that with a gate.
    pub fc1: Linear,
    /// `W_2`, from the hidden width to `d`.
    pub fc2: Linear,
    /// What stands between them.
    #[module(skip)]
    pub kind: DitMlpKind,
}

impl DitMlp {
    pub(super) fn new(dim: usize, hidden: usize, kind: DitMlpKind, device: &Device) -> Self {
        let first = match kind {
            DitMlpKind::Gelu => hidden,
            DitMlpKind::Glu => 2 * hidden,
        };
        Self { fc1: LinearConfig::new(dim, first).init(device), fc2: LinearConfig::new(hidden, dim).init(device), kind }
    }

    /// # Shapes
    /// * `x`, output: `[B, L, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = self.fc1.forward(x);
        let x = match self.kind {
            DitMlpKind::Gelu => gelu_tanh(x),
            DitMlpKind::Glu => {
                let [_, _, width] = x.dims();
                silu(x.clone().narrow(2, 0, width / 2)) * x.narrow(2, width / 2, width / 2)
            }
        };
        self.fc2.forward(x)
    }
}
