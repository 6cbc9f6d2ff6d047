//! The base of every flow here: a normal distribution with a location and a scale per channel.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};

use super::Density;
use super::tensors::{LN_2_PI, per_channel, sum_items};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`DiagonalBase`].
#[derive(Config, Debug)]
pub struct DiagonalBaseConfig {
    /// Channels `C`.
    pub channels: usize,
}

/// `N(loc_c, exp(log_scale_c)^2)` at every position, with learnable parameters that the positions share
/// (the base of Argmax Flows, Hoogeboom et al., 2021, in the published code).
///
/// # Shapes
/// `[B, .., C]`, channels last; `[B, C, H, W]` for rank 4.
#[derive(Module, Debug)]
pub struct DiagonalBase {
    /// Location, `[C]`; zero at first.
    pub loc: Param<Tensor<1>>,
    /// Logarithm of the standard deviation, `[C]`; zero at first.
    pub log_scale: Param<Tensor<1>>,
}

impl DiagonalBaseConfig {
    /// Whether a base can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.channels == 0 {
            return config_error("DiagonalBaseConfig", "channels", 0, "a density needs at least one channel");
        }
        Ok(())
    }

    /// The standard normal distribution.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> DiagonalBase {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        DiagonalBase {
            loc: Initializer::Zeros.init([self.channels], device),
            log_scale: Initializer::Zeros.init([self.channels], device),
        }
    }
}

impl<const D: usize> Density<D> for DiagonalBase {
    fn log_prob(&self, x: Tensor<D>) -> Tensor<1> {
        let log_scale = per_channel::<D>(self.log_scale.val());
        let standard = (x - per_channel(self.loc.val())) * (-log_scale.clone()).exp();
        sum_items((standard.square() + log_scale * 2.0 + LN_2_PI) * -0.5)
    }

    fn sample(&self, noise: Tensor<D>) -> Tensor<D> {
        noise * per_channel::<D>(self.log_scale.val()).exp() + per_channel(self.loc.val())
    }
}
