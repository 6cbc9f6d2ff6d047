//! Everything that training changes, of whichever kind of model.

use burn::module::Module;
use burn::tensor::{Int, Tensor};
use halation_models::diffusion::denoiser::{Denoiser, DitDenoiser, SegmentationUnet, TextDenoiser};
use halation_models::flow::latent::LatentFlowVae;
use halation_models::flow::{CategoricalFlow, LabelFlow};

/// The trainable part of a model.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // there is one of it
pub enum Network {
    /// A flow over sequences.
    Flow(CategoricalFlow),
    /// A flow over label maps.
    LabelFlow(LabelFlow),
    /// An auto-encoder whose prior is a flow.
    Latent(LatentFlowVae),
    /// The network of a diffusion.
    Denoiser(DenoiserNetwork),
}

/// The network of a diffusion.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant)] // there is one of it
pub enum DenoiserNetwork {
    /// A Transformer with rotary positions.
    Dit(DitDenoiser),
    /// The Transformer of multinomial diffusion.
    LinearLocal(TextDenoiser),
    /// A U-net over label maps.
    UNet(SegmentationUnet),
}

impl Denoiser for DenoiserNetwork {
    fn logits(&self, tokens: Tensor<2, Int>, time: Tensor<1>) -> Tensor<3> {
        match self {
            Self::Dit(network) => network.logits(tokens, time),
            Self::LinearLocal(network) => network.logits(tokens, time),
            Self::UNet(network) => network.logits(tokens, time),
        }
    }
}

impl Network {
    /// The network of a diffusion.
    ///
    /// # Panics
    /// If it is another kind: process and network come from the same recipe.
    pub fn denoiser(&self) -> &DenoiserNetwork {
        match self {
            Self::Denoiser(network) => network,
            other => panic!("a diffusion has a denoiser, not {other:?}"),
        }
    }
}
