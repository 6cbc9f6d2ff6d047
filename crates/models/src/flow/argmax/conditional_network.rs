//! The parameters of `q(v | x)` at each position.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::{ContextConfig, ContextEncoder};

/// A context and a linear layer (a convolution of width one) to `n` parameters for each of `D` dimensions: a mean and a log standard
/// deviation, or the locations of Gumbel variables, or all three, in this order, each of `D` numbers.
#[derive(Module, Debug)]
pub struct ConditionalNetwork {
    /// The context.
    pub context: ContextEncoder,
    /// To the parameters, from `C` to `n D`.
    pub projection: Linear,
}

impl ConditionalNetwork {
    /// A network for `parameters` numbers for each of `width` dimensions, with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`ContextConfig::check`] returns an error.
    pub fn new(context: &ContextConfig, parameters: usize, width: usize, device: &Device) -> Self {
        Self {
            context: context.init(device),
            projection: LinearConfig::new(context.output(), parameters * width).init(device),
        }
    }

    /// The parameters of each position, in blocks of `width`.
    ///
    /// # Shapes
    /// * `ids`: `[B, L]`, below `K`
    /// * output: `n` times `[B, L, width]`
    pub fn forward(&self, ids: Tensor<2, Int>, width: usize) -> Vec<Tensor<3>> {
        self.projection.forward(self.context.forward(ids)).split(width, 2)
    }
}
