//! Coupling on text: some channels pass and set the splines of the others.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::tensors::sum_items;
use super::{Flow, PositionLstm, PositionLstmConfig, RationalQuadratic};
use crate::ModelError;
use crate::head::{config_error, on_tokens};

/// Settings of a [`SplineCoupling`].
#[derive(Config, Debug)]
pub struct SplineCouplingConfig {
    /// Channels `D`, at least two.
    pub channels: usize,
    /// State of each direction of the conditioner's LSTM, a multiple of 8.
    pub hidden: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// Bins `K` of a spline.
    #[config(default = 8)]
    pub bins: usize,
    /// The spline lies in `[-bound, bound]`; outside the map is the identity.
    #[config(default = 5.0)]
    pub bound: f64,
    /// Layers of the LSTM.
    #[config(default = 2)]
    pub layers: usize,
    /// Whether the last linear layer starts at zero, and the coupling so as the identity.
    #[config(default = false)]
    pub zero_last: bool,
}

/// The first `floor(D/2)` channels pass; every other number goes through a [`RationalQuadratic`] whose parameters come from
/// a [`PositionLstm`] on the channels that pass (neural spline flows, Durkan et al., 2019).
#[derive(Module, Debug)]
pub struct SplineCoupling {
    /// The conditioner.
    pub net: PositionLstm,
    /// Parameters of the splines, from `H` to `ceil(D/2) (3 K - 1)`.
    pub parameters: Linear,
    /// Half the interval of the spline.
    #[module(skip)]
    pub bound: f64,
    /// Bins of a spline.
    #[module(skip)]
    pub bins: usize,
}

impl SplineCouplingConfig {
    /// Whether a coupling can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "SplineCouplingConfig";
        if self.channels < 2 {
            return config_error(NAME, "channels", self.channels, "a coupling needs at least two");
        }
        if !(2..=500).contains(&self.bins) {
            return config_error(
                NAME,
                "bins",
                self.bins,
                "2 to 500: a bin takes at least a thousandth of the interval",
            );
        }
        if !(self.bound.is_finite() && self.bound > 0.0) {
            return config_error(NAME, "bound", self.bound, "a positive number");
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
    pub fn init(&self, device: &Device) -> SplineCoupling {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let changed = self.channels - self.channels / 2;
        let mut parameters = LinearConfig::new(self.hidden, changed * RationalQuadratic::parameters(self.bins));
        if self.zero_last {
            parameters = parameters.with_initializer(Initializer::Zeros);
        }
        SplineCoupling {
            net: self.net().init(device),
            parameters: parameters.init(device),
            bound: self.bound,
            bins: self.bins,
        }
    }
}

impl SplineCoupling {
    /// [`Flow::forward`] with input dropout in the conditioner.
    ///
    /// # Shapes
    /// * `x`: `[B, L, D]`; `keep`: `[B, L]`, see [`PositionLstm::forward`]
    pub fn forward_with(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> (Tensor<3>, Tensor<1>) {
        let (passed, changed) = split(x);
        let (changed, log_det) = self.splines(passed.clone(), keep).forward(changed);
        (Tensor::cat(vec![passed, changed], 2), sum_items(log_det))
    }

    fn splines(&self, passed: Tensor<3>, keep: Option<Tensor<2>>) -> RationalQuadratic {
        let raw = on_tokens(&self.parameters, self.net.forward(passed, keep));
        let [batch, length, width] = raw.dims();
        let each = RationalQuadratic::parameters(self.bins);
        RationalQuadratic::new(raw.reshape([batch, length, width / each, each]), self.bound)
    }
}

/// The channels that pass, and the others.
fn split(x: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    let channels = x.dims()[2];
    (x.clone().narrow(2, 0, channels / 2), x.narrow(2, channels / 2, channels - channels / 2))
}

impl Flow<3> for SplineCoupling {
    fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        self.forward_with(x, None)
    }

    fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let (passed, changed) = split(z);
        let (changed, log_det) = self.splines(passed.clone(), None).inverse(changed);
        (Tensor::cat(vec![passed, changed], 2), sum_items(log_det))
    }
}
