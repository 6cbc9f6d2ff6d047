//! The autoregressive flow for text: each number from all positions before it and the channels before it.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::tensors::sum_items;
use super::{
    ChannelHead, ChannelHeadConfig, Density, DiagonalBase, DiagonalBaseConfig, Flow, MixtureMap, PositionLstm,
    PositionLstmConfig, ScaleBounds,
};
use crate::ModelError;
use crate::head::config_error;

/// Settings of an [`AutoregressiveFlow`].
#[derive(Config, Debug)]
pub struct AutoregressiveFlowConfig {
    /// Channels `D` at each position.
    pub channels: usize,
    /// State `H` of the LSTM, a multiple of 8.
    pub hidden: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// Logistics `M` in each mixture.
    #[config(default = 27)]
    pub mixtures: usize,
    /// Layers of the LSTM.
    #[config(default = 2)]
    pub layers: usize,
}

/// One autoregressive layer over positions and, within a position, channels (Argmax Flows, Hoogeboom et al., 2021, rows "AR"):
/// a [`PositionLstm`] shifted by one position gives a trunk of `H / 2` numbers, a [`ChannelHead`] the parameters of a
/// [`MixtureMap`] for each number.
///
/// The density takes one pass over the whole sequence; sampling takes the positions one after another.
///
/// # Shapes
/// `[B, L, D]`.
#[derive(Module, Debug)]
pub struct AutoregressiveFlow {
    /// What a position knows of those before it.
    pub net: PositionLstm,
    /// Parameters of the maps of one position.
    pub head: ChannelHead,
    /// Bounds of the scales.
    pub bounds: ScaleBounds,
    /// What the noise is distributed like.
    pub base: DiagonalBase,
}

impl AutoregressiveFlowConfig {
    /// The published flow for text8 in 5-bit codes: 66.45 M parameters, of which 0.85 M are zeros behind a mask that are not
    /// stored here; input dropout 0.25.
    pub fn text8() -> Self {
        Self::new(5, 2048, 256)
    }

    /// The published flow for enwik8 in 8-bit codes: 71.09 M parameters, of which 2.39 M are zeros behind a mask that are not
    /// stored here; input dropout 0.25.
    pub fn enwik8() -> Self {
        Self::new(8, 2048, 320)
    }

    /// Whether a flow can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value) in [("channels", self.channels), ("mixtures", self.mixtures)] {
            if value == 0 {
                return config_error("AutoregressiveFlowConfig", field, value, "at least one");
            }
        }
        self.net().check()?;
        self.head().check()
    }

    fn net(&self) -> PositionLstmConfig {
        PositionLstmConfig::new(self.channels, self.hidden, self.hidden / 2, self.max_length)
            .with_layers(self.layers)
            .with_bidirectional(false)
            .with_shift(true)
    }

    fn head(&self) -> ChannelHeadConfig {
        ChannelHeadConfig::new(self.channels, self.hidden / 2, MixtureMap::parameters(self.mixtures))
    }

    /// A flow with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> AutoregressiveFlow {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        AutoregressiveFlow {
            net: self.net().init(device),
            head: self.head().init(device),
            bounds: ScaleBounds::new(self.channels, self.mixtures, device),
            base: DiagonalBaseConfig::new(self.channels).init(device),
        }
    }
}

impl AutoregressiveFlow {
    /// [`Flow::forward`] with input dropout in the conditioner.
    ///
    /// # Shapes
    /// * `x`: `[B, L, D]`; `keep`: `[B, L]`, see [`PositionLstm::forward`]
    pub fn forward_with(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> (Tensor<3>, Tensor<1>) {
        let (z, log_det) = self.maps(x.clone(), keep).forward(x);
        (z, sum_items(log_det))
    }

    /// [`Density::log_prob`] with input dropout; shapes as in [`forward_with`](Self::forward_with).
    pub fn log_prob_with(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> Tensor<1> {
        let (z, log_det) = self.forward_with(x, keep);
        self.base.log_prob(z) + log_det
    }

    /// What [`Density::sample`] gives, by one pass of the whole network for each number, as the published code does:
    /// `L D` passes over `L` positions. For comparison only.
    pub fn sample_uncached(&self, noise: Tensor<3>) -> Tensor<3> {
        let z = self.base.sample(noise);
        let [batch, length, channels] = z.dims();
        let mut x = z.zeros_like();
        for position in 0..length {
            for channel in 0..channels {
                let at = [0..batch, position..position + 1, channel..channel + 1];
                let maps = self.maps(x.clone(), None).at(position, channel);
                let (value, _) = maps.inverse(z.clone().slice(at.clone()));
                x = x.slice_assign(at, value);
            }
        }
        x
    }

    /// The maps of all numbers, each from the numbers before it.
    fn maps(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> MixtureMap {
        MixtureMap::new(self.head.forward(self.net.forward(x.clone(), keep), x), &self.bounds)
    }
}

impl Flow<3> for AutoregressiveFlow {
    fn forward(&self, x: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        self.forward_with(x, None)
    }

    /// One LSTM step for each position, one small product and one root for each channel: the LSTM's memory is kept.
    fn inverse(&self, z: Tensor<3>) -> (Tensor<3>, Tensor<1>) {
        let [batch, length, channels] = z.dims();
        let mut memory = self.net.lstm.start(batch, &z.device());
        let bounds: Vec<_> = (0..channels).map(|channel| self.bounds.channels(channel, 1)).collect();
        let mut log_det = Tensor::zeros([batch], &z.device());
        let mut rows: Vec<Tensor<2>> = Vec::with_capacity(length); // [B, D]
        for position in 0..length {
            let trunk = self.net.step(rows.last().cloned(), position, length, &mut memory); // [B, H/2]
            let mut mixed = self.head.start(trunk);
            let mut row: Vec<Tensor<2>> = Vec::with_capacity(channels); // [B, 1]
            for (channel, bounds) in bounds.iter().enumerate() {
                let raw = self.head.channel(channel, &mixed); // [B, 2 + 3 M]
                let [_, width] = raw.dims();
                let map = MixtureMap::bounded(raw.reshape([batch, 1, 1, width]), bounds.clone());
                let target = z.clone().slice([0..batch, position..position + 1, channel..channel + 1]);
                let (value, of_value) = map.inverse(target); // [B, 1, 1]
                log_det = log_det + sum_items(of_value);
                mixed = self.head.observe(channel, value.clone().reshape([batch]), mixed);
                row.push(value.reshape([batch, 1]));
            }
            rows.push(Tensor::cat(row, 1));
        }
        (Tensor::stack(rows, 1), log_det)
    }
}

impl Density<3> for AutoregressiveFlow {
    fn log_prob(&self, x: Tensor<3>) -> Tensor<1> {
        self.log_prob_with(x, None)
    }

    fn sample(&self, noise: Tensor<3>) -> Tensor<3> {
        self.inverse(self.base.sample(noise)).0
    }
}
