//! Residual network: an image becomes a feature map.

use burn::module::Module;
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::nn::pool::MaxPool2d;
use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::{BatchNorm2d, ResidualBlock};

/// A residual network (He et al. 2016, bottlenecks "V1.5"), made by [`ResNetConfig`](super::ResNetConfig).
///
/// The field names are torchvision's, so that the names of its weight files fit as they are.
#[derive(Module, Debug)]
pub struct ResNet {
    /// Stem convolution.
    pub conv1: Conv2d,
    /// Stem norm.
    pub bn1: BatchNorm2d,
    /// Stem pooling; absent in the small-image variant.
    pub max_pool: Option<MaxPool2d>,
    /// First stage.
    pub layer1: Vec<ResidualBlock>,
    /// Second stage; empty if there is none.
    pub layer2: Vec<ResidualBlock>,
    /// Third stage; empty if there is none.
    pub layer3: Vec<ResidualBlock>,
    /// Fourth stage; empty if there is none.
    pub layer4: Vec<ResidualBlock>,
    /// Classifier on the pooled features.
    pub fc: Option<Linear>,
}

impl ResNet {
    /// The last feature map, before pooling.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, H, W]`, normalised as in training
    /// * output: `[B, C, h, w]`; `h = ceil(H / 32)` for the published networks,
    ///   `ceil(H / 2^(stages - 1))` for the small-image variant
    pub fn features(&self, images: Tensor<4>) -> Tensor<4> {
        let mut x = relu(self.bn1.forward(self.conv1.forward(images)));
        if let Some(pool) = &self.max_pool {
            x = pool.forward(x);
        }
        for block in [&self.layer1, &self.layer2, &self.layer3, &self.layer4].into_iter().flatten() {
            x = block.forward(x);
        }
        x
    }

    /// Class scores of the classifier on the globally averaged features; `None` without a classifier.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, H, W]`
    /// * output: `[B, classes]`
    pub fn logits(&self, images: Tensor<4>) -> Option<Tensor<2>> {
        let fc = self.fc.as_ref()?;
        Some(fc.forward(global_average(self.features(images))))
    }
}

/// Mean over all positions of a feature map.
///
/// # Shapes
/// * `features`: `[B, C, h, w]`
/// * output: `[B, C]`
pub fn global_average(features: Tensor<4>) -> Tensor<2> {
    features.flatten::<3>(2, 3).mean_dim(2).squeeze_dim::<2>(2)
}
