//! One sub-flow of an image flow.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{AffineCoupling, AffineCouplingConfig, Flow, InvertibleConv, InvertibleConvConfig};

/// A 1 x 1 convolution and an affine coupling.
#[derive(Module, Debug)]
pub struct ImageStep {
    /// Mixes the channels.
    pub conv: InvertibleConv,
    /// Changes half of them.
    pub coupling: AffineCoupling,
}

impl ImageStep {
    /// A step whose convolution depends on the seed alone.
    pub(super) fn new(coupling: &AffineCouplingConfig, seed: u64, device: &Device) -> Self {
        let conv = InvertibleConvConfig::new(coupling.channels).with_seed(seed).init(device);
        Self { conv, coupling: coupling.init(device) }
    }

    /// `x -> (z, log_det)` with a context for the coupling.
    pub(super) fn forward_with(&self, x: Tensor<4>, context: Option<Tensor<4>>) -> (Tensor<4>, Tensor<1>) {
        let (x, of_conv) = self.conv.forward(x);
        let (z, of_coupling) = self.coupling.forward_with(x, context);
        (z, of_conv + of_coupling)
    }

    /// `z -> (x, log_det)` with a context for the coupling.
    pub(super) fn inverse_with(&self, z: Tensor<4>, context: Option<Tensor<4>>) -> (Tensor<4>, Tensor<1>) {
        let (z, of_coupling) = self.coupling.inverse_with(z, context);
        let (x, of_conv) = self.conv.inverse(z);
        (x, of_conv + of_coupling)
    }
}
