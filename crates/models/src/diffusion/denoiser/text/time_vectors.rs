//! The noise level, as one vector for each layer.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::softplus;

use super::super::sinusoid::time_sinusoid;

/// `W_2 softplus(W_1 waves(time))`, cut into one vector for each layer.
#[derive(Module, Debug)]
pub struct TimeVectors {
    /// `W_1`, from `d` to `4 d`.
    pub hidden: Linear,
    /// `W_2`, from `4 d` to `layers d`.
    pub output: Linear,
}

impl TimeVectors {
    pub(super) fn new(dim: usize, depth: usize, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(dim, 4 * dim).init(device),
            output: LinearConfig::new(4 * dim, depth * dim).init(device),
        }
    }

    /// # Shapes
    /// * `time`: `[B]`, in `[0, 1]`
    /// * output: `[B, 1, d]`, one for each layer
    pub fn forward(&self, time: Tensor<1>) -> Vec<Tensor<3>> {
        let [dim, _] = self.hidden.weight.dims();
        let vectors = self.output.forward(softplus(self.hidden.forward(time_sinusoid(time, dim))));
        vectors.split(dim, 1).into_iter().map(|vector| vector.unsqueeze_dim(1)).collect()
    }
}
