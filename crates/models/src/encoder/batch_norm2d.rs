//! Batch normalisation of feature maps whose running statistics agree with PyTorch's and are always up to date.
//!
//! Burn's own `BatchNorm` (0.22.1) differs in two ways that matter here: it feeds the *biased* batch variance to the
//! running variance (PyTorch: the unbiased one), and it keeps the last update in a side table until the next
//! forward, so that a model saved after a step lacks that step's statistics and a resumed run is not bit-equal.

use burn::config::Config;
use burn::module::{Flag, Initializer, Module, Param, RunningState};
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Device, Tensor};

/// Settings of a [`BatchNorm2d`].
#[derive(Config, Debug)]
pub struct BatchNorm2dConfig {
    /// Channels `C` of the feature map.
    pub channels: usize,
    /// Added to the variance before the root.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Share of a batch in the running statistics.
    #[config(default = 0.1)]
    pub momentum: f64,
}

/// `y = (x - mean) / sqrt(var + eps) * weight + bias` for each channel, as `torch.nn.BatchNorm2d`.
///
/// On an autodiff device with the `training` flag enabled, mean and variance are those of the batch and move the
/// running ones: `running <- (1 - momentum) * running + momentum * batch`, with the variance unbiased
/// (`n / (n - 1)`; a single value per channel counts as it is). Otherwise the running ones are used.
/// `no_grad` keeps the layer in train mode, as PCME's first stage wants; `freeze` takes it out.
///
/// Clones share their running statistics (Burn's `RunningState`); `module.valid()` makes an independent copy.
/// Replicas on several threads each write the shared statistics; the last one to do so stays.
#[derive(Module, Debug)]
pub struct BatchNorm2d {
    /// Scale, `[C]`.
    pub weight: Param<Tensor<1>>,
    /// Shift, `[C]`.
    pub bias: Param<Tensor<1>>,
    /// Running mean, `[C]`.
    pub running_mean: RunningState<Tensor<1>>,
    /// Running variance, `[C]`.
    pub running_var: RunningState<Tensor<1>>,
    /// Whether batch statistics are used on an autodiff device.
    pub training: Param<Flag>,
    /// Share of a batch in the running statistics.
    pub momentum: f64,
    /// Added to the variance before the root.
    pub epsilon: f64,
}

impl BatchNorm2dConfig {
    /// Scale 1, shift 0, running mean 0 and variance 1.
    pub fn init(&self, device: &Device) -> BatchNorm2d {
        BatchNorm2d {
            weight: Initializer::Ones.init([self.channels], device),
            bias: Initializer::Zeros.init([self.channels], device),
            running_mean: RunningState::new(Tensor::zeros([self.channels], device)),
            running_var: RunningState::new(Tensor::ones([self.channels], device)),
            training: Param::from_bool(true),
            momentum: self.momentum,
            epsilon: self.epsilon,
        }
    }
}

impl BatchNorm2d {
    /// Normalises a batch of feature maps.
    ///
    /// # Shapes
    /// * `input`: `[B, C, H, W]`
    /// * output: `[B, C, H, W]`
    ///
    /// # Panics
    /// If the input has another number of channels.
    pub fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        if input.device().is_autodiff() && self.training.is_enabled() {
            return self.forward_train(input);
        }
        let device = input.device();
        batch_norm(
            input,
            self.weight.val(),
            self.bias.val(),
            self.running_mean.value_sync().to_device(&device),
            self.running_var.value_sync().to_device(&device),
            self.epsilon,
        )
    }

    fn forward_train(&self, input: Tensor<4>) -> Tensor<4> {
        let [batch, _, height, width] = input.dims();
        let count = (batch * height * width) as f64;
        let unbiased = if count > 1.0 { count / (count - 1.0) } else { 1.0 };

        let result = batch_norm_train(input, self.weight.val(), self.bias.val(), self.epsilon);
        self.track(&self.running_mean, result.mean);
        self.track(&self.running_var, result.variance.mul_scalar(unbiased));
        result.output
    }

    /// Moves a running statistic towards the batch's and settles it at once, for whoever saves the model next.
    fn track(&self, running: &RunningState<Tensor<1>>, batch: Tensor<1>) {
        let old = running.value_sync().to_device(&batch.device());
        let new = old.mul_scalar(1.0 - self.momentum) + batch.detach().mul_scalar(self.momentum);
        running.update(new.detach());
        running.value_sync();
    }
}
