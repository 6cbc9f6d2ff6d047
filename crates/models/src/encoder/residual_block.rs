//! One residual block, basic or bottleneck, with torchvision's names.

use burn::module::{Initializer, Module};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::{BatchNorm2d, BatchNorm2dConfig, BlockKind};

/// `relu(F(x) + shortcut(x))` with `F` two or three convolutions, each with a batch norm.
///
/// The field names are torchvision's (`conv1`, `bn1`, .., `downsample.0`, `downsample.1`).
#[derive(Module, Debug)]
pub struct ResidualBlock {
    /// First convolution: 3x3 with the stride (basic), 1x1 (bottleneck).
    pub conv1: Conv2d,
    /// Norm after `conv1`.
    pub bn1: BatchNorm2d,
    /// Second convolution: 3x3 (basic), 3x3 with the stride (bottleneck).
    pub conv2: Conv2d,
    /// Norm after `conv2`.
    pub bn2: BatchNorm2d,
    /// 1x1 to four times the width; bottleneck only.
    pub conv3: Option<Conv2d>,
    /// Norm after `conv3`.
    pub bn3: Option<BatchNorm2d>,
    /// Projection of the shortcut where the shape changes: 1x1 convolution and norm.
    pub downsample: Option<(Conv2d, BatchNorm2d)>,
}

impl ResidualBlock {
    /// A block from `input` channels to `width * kind.expansion()`, halving the map when `stride` is 2.
    pub fn new(kind: BlockKind, input: usize, width: usize, stride: usize, device: &Device) -> Self {
        let output = width * kind.expansion();
        let norm = |channels| BatchNorm2dConfig::new(channels).init(device);
        let downsample =
            (stride != 1 || input != output).then(|| (convolution(input, output, 1, stride, device), norm(output)));
        match kind {
            BlockKind::Basic => Self {
                conv1: convolution(input, width, 3, stride, device),
                bn1: norm(width),
                conv2: convolution(width, width, 3, 1, device),
                bn2: norm(width),
                conv3: None,
                bn3: None,
                downsample,
            },
            BlockKind::Bottleneck => Self {
                conv1: convolution(input, width, 1, 1, device),
                bn1: norm(width),
                conv2: convolution(width, width, 3, stride, device),
                bn2: norm(width),
                conv3: Some(convolution(width, output, 1, 1, device)),
                bn3: Some(norm(output)),
                downsample,
            },
        }
    }

    /// # Shapes
    /// * `x`: `[B, C_in, H, W]`
    /// * output: `[B, C_out, ceil(H / stride), ceil(W / stride)]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            Some((conv, norm)) => norm.forward(conv.forward(x.clone())),
            None => x.clone(),
        };
        let mut x = relu(self.bn1.forward(self.conv1.forward(x)));
        x = self.bn2.forward(self.conv2.forward(x));
        if let (Some(conv3), Some(bn3)) = (&self.conv3, &self.bn3) {
            x = bn3.forward(conv3.forward(relu(x)));
        }
        relu(x + shortcut)
    }
}

/// A square convolution without bias, padded by half its size, with torchvision's initialisation (Kaiming normal over
/// the fan out, gain sqrt 2).
pub(super) fn convolution(input: usize, output: usize, size: usize, stride: usize, device: &Device) -> Conv2d {
    padded_convolution([input, output], size, stride, size / 2, device)
}

/// A convolution over patches that do not overlap.
pub(super) fn patch_convolution(input: usize, output: usize, side: usize, device: &Device) -> Conv2d {
    padded_convolution([input, output], side, side, 0, device)
}

fn padded_convolution(channels: [usize; 2], size: usize, stride: usize, pad: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new(channels, [size, size])
        .with_stride([stride, stride])
        .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
        .with_bias(false)
        .with_initializer(Initializer::KaimingNormal { gain: std::f64::consts::SQRT_2, fan_out_only: true })
        .init(device)
}
