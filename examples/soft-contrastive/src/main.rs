//! The probabilistic contrastive loss inside somebody else's Burn model: two views of hidden points, embedded as normal distributions.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig, loss::Reduction};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor};
use halation_core::dist::{DiagNormal, LogStd};
use halation_core::loss::{MatchMatrix, SoftContrastiveLoss, SoftContrastiveLossConfig};

const BATCH: usize = 32;
const DIMS: usize = 8;

#[derive(Module, Debug)]
struct Encoder {
    mean: Linear,
    log_std: Linear,
}

impl Encoder {
    fn forward(&self, features: Tensor<2>) -> DiagNormal {
        DiagNormal::new(self.mean.forward(features.clone()), LogStd(self.log_std.forward(features)))
    }
}

#[derive(Module, Debug)]
struct Model {
    left: Encoder,
    right: Encoder,
    loss: SoftContrastiveLoss, // its scale and shift train along
}

#[allow(clippy::print_stdout)] // what an example is for
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = Device::default().autodiff();
    device.seed(7); // the same run every time
    let random = |shape: [usize; 2]| Tensor::<2>::random(shape, Distribution::Normal(0.0, 1.0), &device);
    let noise = || Tensor::<3>::random([BATCH, 7, DIMS], Distribution::Normal(0.0, 1.0), &device);

    let loss = SoftContrastiveLossConfig::new().with_negative_scale(5.0).with_shift(5.0).init(&device)?;
    let linear = LinearConfig::new(16, DIMS);
    let encoder = || Encoder { mean: linear.init(&device), log_std: linear.init(&device) };
    let mut model = Model { left: encoder(), right: encoder(), loss };
    let mut optimizer = AdamConfig::new().init();
    let (view, matches) = (random([16, 16]) * 0.25, MatchMatrix::identity(BATCH, &device));
    let mut losses = Vec::new();
    for _ in 0..200 {
        let hidden = random([BATCH, 16]);
        let (left, right) = (model.left.forward(hidden.clone()), model.right.forward(hidden.matmul(view.clone())));
        let loss = model.loss.forward(left.rsample(noise()), right.rsample(noise()), &matches, Reduction::Mean);
        losses.push(loss.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        model = optimizer.step(1e-2, model, gradients);
    }
    let mean = |part: &[f32]| part.iter().sum::<f32>() / part.len() as f32;
    let (first, last) = (mean(&losses[..10]), mean(&losses[190..]));
    println!("loss of the first ten steps {first:.4}, of the last ten {last:.4}");
    assert!(last < 0.5 * first, "the loss did not fall: {first} at first, {last} at last");
    Ok(())
}
