//! A network whose outputs for a dimension see the dimensions before it alone.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

/// A masked auto-encoder (MADE, Germain et al., 2015) with a context that every output sees: hidden unit `j` may see the context and the
/// dimensions below `j mod D`; the outputs of dimension `i` may see hidden units of the degrees up to `i`.
///
/// Masks multiply the weights in each forward pass, so that weights, their averages and checkpoints stay what the optimiser made them.
#[derive(Module, Debug)]
pub struct MaskedNetwork {
    /// From dimensions and context up; the last gives all parameters of dimension 0, then of dimension 1, and so on.
    pub layers: Vec<Linear>,
    /// Dimensions `D`.
    #[module(skip)]
    pub dim: usize,
    /// Parameters `P` of a dimension.
    #[module(skip)]
    pub parameters: usize,
}

impl MaskedNetwork {
    /// A network with `depth` hidden layers and PyTorch's default initialisation.
    pub(super) fn new([dim, context, parameters]: [usize; 3], hidden: usize, depth: usize, device: &Device) -> Self {
        let input = |layer| if layer == 0 { dim + context } else { hidden };
        let output = |layer| if layer == depth { dim * parameters } else { hidden };
        let layers = (0..=depth).map(|layer| LinearConfig::new(input(layer), output(layer)).init(device)).collect();
        Self { layers, dim, parameters }
    }

    /// The parameters of each dimension.
    ///
    /// # Shapes
    /// * `x`: `[N, D]`; `context`: `[N, C]`
    /// * output: `[N, D, P]`
    pub fn forward(&self, x: Tensor<2>, context: Tensor<2>) -> Tensor<3> {
        let [rows, context_dim] = context.dims();
        let dim = self.dim;
        // What a unit has seen: a dimension of degree i + 1 is dimension i itself, 0 is the context alone.
        let mut seen: Vec<usize> = (1..=dim).chain(std::iter::repeat_n(0, context_dim)).collect();
        let mut state = Tensor::cat(vec![x, context], 1);
        let last = self.layers.len() - 1;
        for (index, layer) in self.layers.iter().enumerate() {
            let [_, width] = layer.weight.shape().dims();
            let may_see: Vec<usize> = match index {
                _ if index == last => (0..width).map(|unit| unit / self.parameters).collect(),
                _ => (0..width).map(|unit| unit % dim).collect(),
            };
            let weight = layer.weight.val();
            let mask: Vec<f32> =
                seen.iter().flat_map(|seen| may_see.iter().map(move |may| f32::from(u8::from(seen <= may)))).collect();
            let mask = Tensor::<2>::from_data(TensorData::new(mask, [seen.len(), width]), &weight.device());
            state = state.matmul(weight * mask);
            if let Some(bias) = &layer.bias {
                state = state + bias.val().unsqueeze::<2>();
            }
            if index < last {
                state = relu(state);
            }
            seen = may_see;
        }
        state.reshape([rows, dim, self.parameters])
    }
}
