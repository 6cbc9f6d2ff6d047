//! Which activation the MLPs of a CLIP use.

use burn::config::Config;
use burn::tensor::Tensor;
use halation_kernels::{gelu, sigmoid};

/// The activation between the two layers of an MLP. It is not in a weight file: a wrong one loads without complaint and
/// gives embeddings that are off by a few percent.
#[derive(Config, Debug, Copy, PartialEq, Eq)]
pub enum ClipActivation {
    /// `x sigmoid(1.702 x)`: all weights of OpenAI, and those of OpenCLIP whose name ends in `-quickgelu`.
    QuickGelu,
    /// `x Phi(x)`, exact: the other weights of OpenCLIP, ProLIP.
    Gelu,
}

impl ClipActivation {
    /// Applies the activation to each number.
    pub fn forward<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::QuickGelu => sigmoid(x.clone() * 1.702) * x,
            Self::Gelu => gelu(x),
        }
    }
}
