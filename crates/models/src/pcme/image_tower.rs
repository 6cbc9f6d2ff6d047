//! An image becomes an embedding: ResNet features, a mean head and a sigma head.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

use super::Embedding;
use crate::encoder::{ResNet, global_average};
use crate::head::{MeanHead, SigmaHead};

/// The image side of [`Pcme`](super::Pcme).
#[derive(Module, Debug)]
pub struct ImageTower {
    /// The convolutional network.
    pub cnn: ResNet,
    /// Global feature of the mean, from `C` to `D`.
    pub fc: Linear,
    /// The mean.
    pub mean_head: MeanHead,
    /// Global feature of the sigma, from `C` to `D`; none in a model of points.
    pub sigma_fc: Option<Linear>,
    /// The sigma; none in a model of points.
    pub sigma_head: Option<SigmaHead>,
}

impl ImageTower {
    /// Embeds images.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, H, W]`
    pub fn forward(&self, images: Tensor<4>) -> Embedding {
        self.forward_features(self.cnn.features(images))
    }

    /// Embeds feature maps, of this tower's network or cached ones of another.
    ///
    /// # Shapes
    /// * `features`: `[B, C, h, w]`
    ///
    /// # Panics
    /// If `C` differs from the network's.
    pub fn forward_features(&self, features: Tensor<4>) -> Embedding {
        let pooled = global_average(features.clone()); // [B, C]
        let [batch, channels, height, width] = features.dims();
        let tokens = features.flatten::<3>(2, 3).swap_dims(1, 2); // [B, h * w, C]
        // Both heads read every position in a row of its own: transpose in memory once, not once for each of them.
        let tokens = tokens.reshape([batch * height * width, channels]).reshape([batch, height * width, channels]);
        let mean = self.mean_head.forward_set(self.fc.forward(pooled.clone()), tokens.clone(), None);
        let log_std = match (&self.sigma_fc, &self.sigma_head) {
            (Some(fc), Some(head)) => Some(head.forward(fc.forward(pooled), tokens, None)),
            _ => None,
        };
        Embedding::new(mean, log_std)
    }
}
