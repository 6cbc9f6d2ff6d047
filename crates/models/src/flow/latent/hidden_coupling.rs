//! A coupling layer over the dimensions of a latent.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// The network of a split coupling layer: from the first `floor(D / 2)` dimensions and a context to the parameters of the others.
#[derive(Module, Debug)]
pub struct HiddenCoupling {
    /// From dimensions and context up.
    pub layers: Vec<Linear>,
    /// Dimensions `D`.
    #[module(skip)]
    pub dim: usize,
    /// Parameters `P` of a dimension.
    #[module(skip)]
    pub parameters: usize,
}

impl HiddenCoupling {
    /// A network with `depth` hidden layers and PyTorch's default initialisation.
    pub(super) fn new([dim, context, parameters]: [usize; 3], hidden: usize, depth: usize, device: &Device) -> Self {
        let kept = dim / 2;
        let input = |layer| if layer == 0 { kept + context } else { hidden };
        let output = |layer| if layer == depth { (dim - kept) * parameters } else { hidden };
        let layers = (0..=depth).map(|layer| LinearConfig::new(input(layer), output(layer)).init(device)).collect();
        Self { layers, dim, parameters }
    }

    /// The parameters of each dimension from `floor(D / 2)` on.
    ///
    /// # Shapes
    /// * `kept`: `[N, floor(D / 2)]`; `context`: `[N, C]`
    /// * output: `[N, ceil(D / 2), P]`
    pub fn forward(&self, kept: Tensor<2>, context: Tensor<2>) -> Tensor<3> {
        let [rows, kept_dim] = kept.dims();
        let last = self.layers.len() - 1;
        let input = if kept_dim == 0 { context } else { Tensor::cat(vec![kept, context], 1) };
        let output = self.layers.iter().enumerate().fold(input, |state, (index, layer)| {
            let state = layer.forward(state);
            if index < last { relu(state) } else { state }
        });
        output.reshape([rows, self.dim - kept_dim, self.parameters])
    }
}
