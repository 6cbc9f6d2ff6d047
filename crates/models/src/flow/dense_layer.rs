//! One layer of a dense block: what it computes is laid beside what it was given.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// `[x, relu(conv3x3(relu(conv1x1(x))))]`: `C` channels become `C + growth` (the published code of SurVAE flows, after Huang
/// et al., 2017).
#[derive(Module, Debug)]
pub struct DenseLayer {
    /// 1 x 1, as many channels as it is given.
    pub point: Conv2d,
    /// 3 x 3, to `growth` channels.
    pub grow: Conv2d,
}

impl DenseLayer {
    /// A layer with PyTorch's default initialisation.
    pub(super) fn new(channels: usize, growth: usize, device: &Device) -> Self {
        Self {
            point: Conv2dConfig::new([channels, channels], [1, 1]).init(device),
            grow: Conv2dConfig::new([channels, growth], [3, 3])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init(device),
        }
    }

    /// `[B, C, H, W] -> [B, C + growth, H, W]`.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let new = relu(self.grow.forward(relu(self.point.forward(x.clone()))));
        Tensor::cat(vec![x, new], 1)
    }
}
