//! An image becomes a point: ResNet features, a projection, generalised pooling over positions.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

use crate::encoder::ResNet;
use crate::head::{GpoPooling, l2_normalize};

/// The image side of [`Vse`](super::Vse).
#[derive(Module, Debug)]
pub struct VseImageTower {
    /// The convolutional network.
    pub cnn: ResNet,
    /// Projection of every position, from `C` to `D`.
    pub fc: Linear,
    /// Pooling over positions.
    pub pooling: GpoPooling,
}

impl VseImageTower {
    /// Embeds images as unit-length points.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, H, W]`
    /// * output: `[B, D]`
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let features = self.cnn.features(images); // [B, C, h, w]
        let [batch, channels, height, width] = features.dims();
        let positions = height * width;
        let parts = features.flatten::<3>(2, 3).swap_dims(1, 2).reshape([batch * positions, channels]);
        let parts = self.fc.forward(parts); // [B * h * w, D]
        let [_, dim] = parts.dims();
        let parts = parts.reshape([batch, positions, dim]);
        let pooled = self.pooling.forward(parts, &vec![positions; batch]);
        l2_normalize(pooled.expect("every image has all positions"))
    }
}
