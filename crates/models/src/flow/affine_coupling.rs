//! Coupling on images: half of the channels pass and set scale and shift of the others.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use halation_kernels::tanh;

use super::tensors::sum_items;
use super::{DenseNet, DenseNetConfig, Flow};
use crate::ModelError;
use crate::head::config_error;

/// Settings of an [`AffineCoupling`].
#[derive(Config, Debug)]
pub struct AffineCouplingConfig {
    /// Channels `C`, at least two.
    pub channels: usize,
    /// Channels of a context that the conditioner sees beside the channels that pass.
    #[config(default = 0)]
    pub context: usize,
    /// Width of the conditioner.
    #[config(default = 64)]
    pub width: usize,
    /// Layers of the conditioner's dense block.
    #[config(default = 10)]
    pub depth: usize,
    /// Channels that each of its layers adds.
    #[config(default = 64)]
    pub growth: usize,
}

/// `z_2 = b + exp(2 tanh(s / 2)) x_2` with `[s, b] = net([x_1, context])` for the last `ceil(C/2)` channels; the first
/// `floor(C/2)` pass (RealNVP, Dinh et al., 2017, with the scale of the published SurVAE code, within `exp(+-2)`). The
/// network's last layer is zero at first, and so the coupling the identity.
#[derive(Module, Debug)]
pub struct AffineCoupling {
    /// The conditioner.
    pub net: DenseNet,
}

impl AffineCouplingConfig {
    /// Whether a coupling can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.channels < 2 {
            return config_error("AffineCouplingConfig", "channels", self.channels, "a coupling needs at least two");
        }
        self.net().check()
    }

    fn net(&self) -> DenseNetConfig {
        let passed = self.channels / 2;
        DenseNetConfig::new(passed + self.context, 2 * (self.channels - passed))
            .with_width(self.width)
            .with_depth(self.depth)
            .with_growth(self.growth)
    }

    /// The identity.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> AffineCoupling {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        AffineCoupling { net: self.net().init(device) }
    }
}

impl AffineCoupling {
    /// [`Flow::forward`] with a context.
    ///
    /// # Shapes
    /// * `x`: `[B, C, H, W]`; `context`: `[B, context, H, W]`, `None` for a coupling without
    pub fn forward_with(&self, x: Tensor<4>, context: Option<Tensor<4>>) -> (Tensor<4>, Tensor<1>) {
        let (passed, changed) = split(x);
        let (log_scale, shift) = self.scale_and_shift(passed.clone(), context);
        let changed = shift + log_scale.clone().exp() * changed;
        (Tensor::cat(vec![passed, changed], 1), sum_items(log_scale))
    }

    /// [`Flow::inverse`] with a context; shapes as in [`forward_with`](Self::forward_with).
    pub fn inverse_with(&self, z: Tensor<4>, context: Option<Tensor<4>>) -> (Tensor<4>, Tensor<1>) {
        let (passed, changed) = split(z);
        let (log_scale, shift) = self.scale_and_shift(passed.clone(), context);
        let changed = (changed - shift) * (-log_scale.clone()).exp();
        (Tensor::cat(vec![passed, changed], 1), -sum_items(log_scale))
    }

    /// `2 tanh(s / 2)` and `b`.
    fn scale_and_shift(&self, passed: Tensor<4>, context: Option<Tensor<4>>) -> (Tensor<4>, Tensor<4>) {
        let input = match context {
            Some(context) => Tensor::cat(vec![passed, context], 1),
            None => passed,
        };
        let raw = self.net.forward(input);
        let changed = raw.dims()[1] / 2;
        let log_scale = tanh(raw.clone().narrow(1, 0, changed) * 0.5) * 2.0;
        (log_scale, raw.narrow(1, changed, changed))
    }
}

/// The channels that pass, and the others.
fn split(x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
    let channels = x.dims()[1];
    (x.clone().narrow(1, 0, channels / 2), x.narrow(1, channels / 2, channels - channels / 2))
}

impl Flow<4> for AffineCoupling {
    fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        self.forward_with(x, None)
    }

    fn inverse(&self, z: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        self.inverse_with(z, None)
    }
}
