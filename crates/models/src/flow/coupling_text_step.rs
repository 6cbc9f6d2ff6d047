//! One step of the coupling flow for text.

use burn::module::Module;

use super::{ActNorm, InvertibleConv, MixtureCoupling};

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
