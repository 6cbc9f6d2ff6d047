//! One step of the coupling flow for text.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{ActNorm, Flow, InvertibleConv, MixtureCoupling, Reverse};

/// An optional activation norm, a 1 x 1 convolution after the reversal of positions (in all steps but the first), and a
/// coupling.
#[derive(Module, Debug)]
pub struct CouplingTextStep {
    /// Scales the channels first.
    pub norm: Option<ActNorm>,
    /// Mixes the channels; its presence stands for the reversal too.
    pub conv: Option<InvertibleConv>,
    /// Changes half of the channels.
    pub coupling: MixtureCoupling,
}

impl CouplingTextStep {
    /// `x -> (z, log_det)`; `keep` as in [`PositionLstm::forward`](super::PositionLstm::forward).
    pub(super) fn forward(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> (Tensor<3>, Tensor<1>) {
        let (x, log_det) = self.before_coupling(x);
        let (z, of_coupling) = self.coupling.forward_with(x, keep);
        (z, log_det + of_coupling)
    }

    /// Norm, reversal and convolution.
    fn before_coupling(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let mut log_det = Tensor::zeros([x.dims()[0]], &x.device());
        let mut x = x;
        if let Some(norm) = &self.norm {
            let (z, of_norm) = norm.forward(x);
            (x, log_det) = (z, log_det + of_norm);
        }
        if let Some(conv) = &self.conv {
            let (z, of_conv) = conv.forward(Reverse.forward(x).0);
            (x, log_det) = (z, log_det + of_conv);
        }
        (x, log_det)
    }

    /// `z -> (x, log_det)`.
    pub(super) fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let (mut x, mut log_det) = self.coupling.inverse(z);
        if let Some(conv) = &self.conv {
            let (before, of_conv) = conv.inverse(x);
            (x, log_det) = (Reverse.inverse(before).0, log_det + of_conv);
        }
        if let Some(norm) = &self.norm {
            let (before, of_norm) = norm.inverse(x);
            (x, log_det) = (before, log_det + of_norm);
        }
        (x, log_det)
    }
}
