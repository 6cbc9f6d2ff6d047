//! The convolutions of LeNet-5 over a string of digits.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

/// Height and width of one digit, in pixels.
pub const DIGIT: usize = 28;

/// `relu(conv 5x5, padded) -> max-pool 2 -> relu(conv 5x5) -> max-pool 2 -> relu(fc1) -> relu(fc2)`
/// (LeCun et al. 1998, figure 2, with the pooling and activation of today).
#[derive(Module, Debug)]
pub struct DigitCnn {
    /// First convolution, 5x5, keeps the size.
    pub conv1: Conv2d,
    /// Second convolution, 5x5, loses a border of two pixels.
    pub conv2: Conv2d,
    /// First layer on the flat feature map.
    pub fc1: Linear,
    /// Second layer.
    pub fc2: Linear,
    /// Pooling behind each convolution.
    pub pool: MaxPool2d,
}

impl DigitCnn {
    /// The network for strings of `digits` digits with PyTorch's default initialisation.
    pub(super) fn new(digits: usize, channels: [usize; 2], hidden: [usize; 2], device: &Device) -> Self {
        let after = |length: usize| (length / 2 - 4) / 2; // pool, border of the second convolution, pool
        let flat = channels[1] * after(DIGIT) * after(digits * DIGIT);
        Self {
            conv1: Conv2dConfig::new([1, channels[0]], [5, 5])
                .with_padding(PaddingConfig2d::Explicit(2, 2, 2, 2))
                .init(device),
            conv2: Conv2dConfig::new(channels, [5, 5]).init(device),
            fc1: LinearConfig::new(flat, hidden[0]).init(device),
            fc2: LinearConfig::new(hidden[0], hidden[1]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
        }
    }

    /// Features of each image.
    ///
    /// # Shapes
    /// * `images`: `[B, 1, 28, 28 N]`
    /// * output: `[B, H]`, not negative
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        let x = self.pool.forward(relu(self.conv1.forward(images))); // [B, C1, 14, 14 N]
        let x = self.pool.forward(relu(self.conv2.forward(x))); // [B, C2, 5, (14 N - 4) / 2]
        let x = relu(self.fc1.forward(x.flatten::<2>(1, 3)));
        relu(self.fc2.forward(x))
    }
}
