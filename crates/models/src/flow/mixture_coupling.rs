//! Coupling on text: some channels pass and set the logistic-mixture maps of the others.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::tensors::sum_items;
use super::{Flow, MixtureMap, PositionLstm, PositionLstmConfig, ScaleBounds};
use crate::ModelError;
use crate::head::{config_error, on_tokens};

/// Settings of a [`MixtureCoupling`].
#[derive(Config, Debug)]
pub struct MixtureCouplingConfig {
    /// Channels `D`, at least two.
    pub channels: usize,
    /// State of each direction of the conditioner's LSTM, a multiple of 8.
    pub hidden: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// Logistics `M` in each mixture.
    #[config(default = 8)]
    pub mixtures: usize,
    /// Layers of the LSTM.
    #[config(default = 2)]
    pub layers: usize,
    /// Whether the last linear layer starts at zero, and the coupling so as the identity. The published code starts it like any
    /// other layer.
    #[config(default = false)]
    pub zero_last: bool,
}

/// The first `floor(D/2)` channels pass; every other number goes through a [`MixtureMap`] whose parameters come from
/// a [`PositionLstm`] on the channels that pass (Argmax Flows, Hoogeboom et al., 2021; Flow++, Ho et al., 2019).
#[derive(Module, Debug)]
pub struct MixtureCoupling {
    /// The conditioner.
    pub net: PositionLstm,
    /// Parameters of the maps, from `H` to `ceil(D/2) (2 + 3 M)`.
    pub parameters: Linear,
    /// Bounds of the scales.
    pub bounds: ScaleBounds,
}

impl MixtureCouplingConfig {
    /// Whether a coupling can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "MixtureCouplingConfig";
        if self.channels < 2 {
            return config_error(NAME, "channels", self.channels, "a coupling needs at least two");
        }
        if self.mixtures == 0 {
            return config_error(NAME, "mixtures", 0, "a mixture needs at least one component");
        }
        self.net().check()
    }

    fn net(&self) -> PositionLstmConfig {
        PositionLstmConfig::new(self.channels / 2, self.hidden, self.hidden, self.max_length).with_layers(self.layers)
    }

    /// A coupling with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> MixtureCoupling {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let changed = self.channels - self.channels / 2;
        let mut parameters = LinearConfig::new(self.hidden, changed * MixtureMap::parameters(self.mixtures));
        if self.zero_last {
            parameters = parameters.with_initializer(Initializer::Zeros);
        }
        MixtureCoupling {
            net: self.net().init(device),
            parameters: parameters.init(device),
            bounds: ScaleBounds::new(changed, self.mixtures, device),
        }
    }
}

impl MixtureCoupling {
    /// [`Flow::forward`] with input dropout in the conditioner.
    ///
    /// # Shapes
    /// * `x`: `[B, L, D]`; `keep`: `[B, L]`, see [`PositionLstm::forward`]
    pub fn forward_with(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> (Tensor<3>, Tensor<1>) {
        let (passed, changed) = self.split(x);
        let (changed, log_det) = self.maps(passed.clone(), keep).forward(changed);
        (Tensor::cat(vec![passed, changed], 2), sum_items(log_det))
    }

    fn split(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
        let channels = x.dims()[2];
        (x.clone().narrow(2, 0, channels / 2), x.narrow(2, channels / 2, channels - channels / 2))
    }

    fn maps(&self, passed: Tensor<3>, keep: Option<Tensor<2>>) -> MixtureMap {
        let [channels, mixtures] = self.bounds.mixture.dims();
        let raw = on_tokens(&self.parameters, self.net.forward(passed, keep));
        let [batch, length, _] = raw.dims();
        let raw = raw.reshape([batch, length, channels, MixtureMap::parameters(mixtures)]);
        MixtureMap::new(raw, &self.bounds)
    }
}

impl Flow<3> for MixtureCoupling {
    fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        self.forward_with(x, None)
    }

    fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let (passed, changed) = self.split(z);
        let (changed, log_det) = self.maps(passed.clone(), None).inverse(changed);
        (Tensor::cat(vec![passed, changed], 2), sum_items(log_det))
    }
}
