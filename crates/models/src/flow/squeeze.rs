//! Space to channels: 2 x 2 pixels become four channels.

use burn::tensor::Tensor;

use super::Flow;

/// `[B, C, H, W] -> [B, 4 C, H/2, W/2]`, the four pixels of a block in reading order within each channel (RealNVP, Dinh et
/// al., 2017); the volume stays.
///
/// # Panics
/// On odd heights or widths, and on the way back on channels that four does not divide.
#[derive(Clone, Copy, Debug, Default)]
pub struct Squeeze;

impl Flow<4> for Squeeze {
    fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let log_det = Tensor::zeros([x.dims()[0]], &x.device());
        (squeeze(x), log_det)
    }

    fn inverse(&self, z: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let log_det = Tensor::zeros([z.dims()[0]], &z.device());
        (unsqueeze(z), log_det)
    }
}

/// 2 x 2 pixels into four channels.
pub(super) fn squeeze(x: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    assert!(height % 2 == 0 && width % 2 == 0, "{height} x {width} pixels do not fall into blocks of 2 x 2");
    x.reshape([batch, channels, height / 2, 2, width / 2, 2]).permute([0, 1, 3, 5, 2, 4]).reshape([
        batch,
        4 * channels,
        height / 2,
        width / 2,
    ])
}

/// Four channels into 2 x 2 pixels.
pub(super) fn unsqueeze(z: Tensor<4>) -> Tensor<4> {
    let [batch, channels, height, width] = z.dims();
    assert!(channels % 4 == 0, "{channels} channels do not fall into groups of four");
    z.reshape([batch, channels / 4, 2, 2, height, width]).permute([0, 1, 4, 2, 5, 3]).reshape([
        batch,
        channels / 4,
        2 * height,
        2 * width,
    ])
}
