//! What an LSTM remembers between steps.

use burn::tensor::{Device, Tensor};

/// Hidden and cell state, `[B, H]`, of each layer of an [`Lstm`](super::Lstm).
#[derive(Debug, Clone)]
pub struct LstmMemory {
    pub(super) layers: Vec<(Tensor<2>, Tensor<2>)>,
}

impl LstmMemory {
    /// The memory before the first step, for layers with states of these sizes.
    pub(super) fn start(sizes: impl Iterator<Item = usize>, batch: usize, device: &Device) -> Self {
        let zeros = |size: usize| Tensor::zeros([batch, size], device);
        Self { layers: sizes.map(|size| (zeros(size), zeros(size))).collect() }
    }

    /// An input of zeros, `[B, width]`, on the device of the memory.
    pub(super) fn zeros(&self, width: usize) -> Tensor<2> {
        let hidden = &self.layers[0].0;
        Tensor::zeros([hidden.dims()[0], width], &hidden.device())
    }
}
