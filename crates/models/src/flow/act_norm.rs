//! Activation normalisation: an affine map per channel, set from the first training batch.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

use super::Flow;
use super::tensors::{channel_axis, for_items, per_channel};
use crate::ModelError;
use crate::head::config_error;

/// Added to the standard deviation of a channel before its logarithm, as published.
const STD_EPSILON: f64 = 1e-6;

/// Settings of an [`ActNorm`].
#[derive(Config, Debug)]
pub struct ActNormConfig {
    /// Channels `C`.
    pub channels: usize,
}

/// `z = (x - mean_c) exp(-log_std_c)` with learnable parameters (Glow, Kingma and Dhariwal, 2018).
///
/// A new layer is the identity, and evaluation leaves it so; a training loop calls [`initialise`](Self::initialise) on its
/// first batch. Whether that happened is saved with the module.
///
/// # Shapes
/// `[B, .., C]`, channels last; `[B, C, H, W]` for rank 4.
#[derive(Module, Debug)]
pub struct ActNorm {
    /// What is taken from a channel, `[C]`.
    pub mean: Param<Tensor<1>>,
    /// Logarithm of what a channel is divided by, `[C]`.
    pub log_std: Param<Tensor<1>>,
    /// 1 once a batch has set the layer, 0 before, `[1]`; never trained.
    pub initialised: Param<Tensor<1>>,
}

impl ActNormConfig {
    /// Whether a layer can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.channels == 0 {
            return config_error("ActNormConfig", "channels", 0, "a flow needs at least one channel");
        }
        Ok(())
    }

    /// The identity, not yet initialised.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ActNorm {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        ActNorm {
            mean: Initializer::Zeros.init([self.channels], device),
            log_std: Initializer::Zeros.init([self.channels], device),
            initialised: Initializer::Zeros.init([1], device).set_require_grad(false),
        }
    }
}

impl ActNorm {
    /// Whether a batch has set the layer. Reads one number back from the device.
    pub fn is_initialised(&self) -> bool {
        self.initialised.val().into_scalar::<f32>() > 0.5
    }

    /// The layer that gives each channel of this batch mean 0 and standard deviation 1 (of the population, over batch and
    /// positions); the layer as it is if a batch has set it before.
    ///
    /// # Shapes
    /// * `x`: as in [`Flow::forward`]
    pub fn initialise<const D: usize>(&self, x: Tensor<D>) -> Self {
        if self.is_initialised() {
            return self.clone();
        }
        let channels = self.mean.val().dims()[0];
        let rows: Tensor<2> = x.without_autodiff().swap_dims(channel_axis(D), 0).reshape([channels as i32, -1]); // [C, N]
        let mean = rows.clone().mean_dim(1); // [C, 1]
        let std = (rows - mean.clone()).square().mean_dim(1).sqrt();
        let set = |param: &Param<Tensor<1>>, value: Tensor<1>| {
            let active = param.val().is_autodiff();
            param.clone().map(|_| if active { value.autodiff().require_grad() } else { value })
        };
        let device = self.initialised.val().device();
        Self {
            mean: set(&self.mean, mean.squeeze_dim(1)),
            log_std: set(&self.log_std, (std + STD_EPSILON).log().squeeze_dim(1)),
            initialised: self.initialised.clone().map(|_| Tensor::ones([1], &device)),
        }
    }

    /// `sum_c log_std_c` times the positions of one item, `[1]`.
    fn log_volume<const D: usize>(&self, x: &Tensor<D>) -> Tensor<1> {
        let shape = x.dims();
        let positions = shape[1..].iter().product::<usize>() / shape[channel_axis(D)];
        self.log_std.val().sum() * positions as f64
    }
}

impl<const D: usize> Flow<D> for ActNorm {
    fn forward(&self, x: Tensor<D>) -> (Tensor<D>, Tensor<1>) {
        let log_det = for_items(-self.log_volume(&x), x.dims()[0]);
        let z = (x - per_channel(self.mean.val())) * per_channel::<D>(-self.log_std.val()).exp();
        (z, log_det)
    }

    fn inverse(&self, z: Tensor<D>) -> (Tensor<D>, Tensor<1>) {
        let log_det = for_items(self.log_volume(&z), z.dims()[0]);
        let x = z * per_channel::<D>(self.log_std.val()).exp() + per_channel(self.mean.val());
        (x, log_det)
    }
}
