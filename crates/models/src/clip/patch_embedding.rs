//! An image becomes a sequence: patches, a class token, positions.

use burn::module::{Initializer, Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

use super::ClipVisionConfig;
use crate::ModelError;
use crate::{LayerNorm, LayerNormConfig};

/// Linear map of non-overlapping patches, class token first, position embedding, norm.
#[derive(Module, Debug)]
pub struct PatchEmbedding {
    /// The linear map, as a convolution whose stride is its size, without bias: `[d, 3, P, P]`.
    pub conv1: Conv2d,
    /// Class token, `[d]`.
    pub class_embedding: Param<Tensor<1>>,
    /// Positions, `[1 + (S / P)^2, d]`; the class token's first, then row by row.
    pub positional_embedding: Param<Tensor<2>>,
    /// Norm before the first block.
    pub ln_pre: LayerNorm,
    /// Side `S` of the images.
    #[module(skip)]
    pub image_size: usize,
}

impl PatchEmbedding {
    pub(super) fn new(config: &ClipVisionConfig, device: &Device) -> Self {
        let (width, patch) = (config.width, config.patch_size);
        let normal = Initializer::Normal { mean: 0.0, std: (width as f64).powf(-0.5) };
        Self {
            conv1: Conv2dConfig::new([3, width], [patch, patch])
                .with_stride([patch, patch])
                .with_bias(false)
                .init(device),
            class_embedding: normal.init([width], device),
            positional_embedding: normal.init([config.tokens(), width], device),
            ln_pre: LayerNormConfig::new(width).init(device),
            image_size: config.image_size,
        }
    }

    /// The sequence, with the class token first.
    ///
    /// # Shapes
    /// * `images`: `[B, 3, S, S]`
    /// * output: `[B, 1 + (S / P)^2, d]`
    ///
    /// # Errors
    /// [`ModelError::ImageSize`].
    pub fn forward(&self, images: Tensor<4>) -> Result<Tensor<3>, ModelError> {
        Ok(self.ln_pre.forward(self.tokens(images)?))
    }

    /// [`forward`](Self::forward) before the norm.
    pub(super) fn tokens(&self, images: Tensor<4>) -> Result<Tensor<3>, ModelError> {
        let [batch, _, height, width] = images.dims();
        if [height, width] != [self.image_size; 2] {
            return Err(ModelError::ImageSize { height, width, expected: self.image_size });
        }
        let patches = self.conv1.forward(images).flatten::<3>(2, 3).swap_dims(1, 2); // [B, n, d]
        let dim = patches.dims()[2];
        let class = self.class_embedding.val().reshape([1, 1, dim]).expand([batch, 1, dim]);
        Ok(Tensor::cat(vec![class, patches], 1) + self.positional_embedding.val().unsqueeze::<3>())
    }
}
