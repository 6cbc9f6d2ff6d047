//! Parameters for each channel of a position, each from the trunk and the channels before it.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};
use halation_kernels::gelu;

use crate::ModelError;
use crate::head::config_error;

/// The most numbers that one channel is spread to.
const MOST_FEATURES: usize = 96;

/// Settings of a [`ChannelHead`].
#[derive(Config, Debug)]
pub struct ChannelHeadConfig {
    /// Channels `D`.
    pub channels: usize,
    /// Numbers `h` of the trunk, an even number.
    pub trunk: usize,
    /// Parameters for each channel.
    pub output: usize,
}

/// A network from a trunk and the channels of one position to parameters of each channel, where channel `c` sees the trunk and
/// the channels before `c` alone (the published code of Argmax Flows, after Lippe and Gavves, 2021):
///
/// ```text
/// f_c      = GELU(E_c [v_c, elu(v_c), elu(-v_c)] + e_c)                     e numbers, c < D - 1
/// hidden_c = GELU(H_c trunk + sum_(j < c) F_cj f_j + b_c)                   h / 2 numbers
/// output_c = O_c hidden_c + o_c
/// ```
///
/// `e = min(max(1, floor(9/16 h / (D - 1))), 96)`.
#[derive(Module, Debug)]
pub struct ChannelHead {
    /// `E`, `[D - 1, 3, e]`; none for a single channel.
    pub spread_weight: Option<Param<Tensor<3>>>,
    /// Bias of the spread channels, `[D - 1, e]`.
    pub spread_bias: Option<Param<Tensor<2>>>,
    /// `H` and `F` side by side, from `h + e (D - 1)` to `D h / 2`; what would look at later channels is masked.
    pub mix: Linear,
    /// `O`, `[D, h / 2, output]`.
    pub output_weight: Param<Tensor<3>>,
    /// Bias of the parameters, `[D, output]`.
    pub output_bias: Param<Tensor<2>>,
}

impl ChannelHeadConfig {
    /// Whether a head can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "ChannelHeadConfig";
        for (field, value) in [("channels", self.channels), ("output", self.output)] {
            if value == 0 {
                return config_error(NAME, field, 0, "at least one");
            }
        }
        if self.trunk < 2 || !self.trunk.is_multiple_of(2) {
            return config_error(
                NAME,
                "trunk",
                self.trunk,
                "an even number: half of it is the hidden layer of a channel",
            );
        }
        Ok(())
    }

    /// Numbers `e` that a channel is spread to.
    fn spread(&self) -> usize {
        (self.trunk * 9 / 16 / (self.channels - 1)).clamp(1, MOST_FEATURES)
    }

    /// A head with PyTorch's default initialisation of linear layers, block by block.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ChannelHead {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let (channels, hidden) = (self.channels, self.trunk / 2);
        let uniform = |inputs: usize| {
            let bound = 1.0 / (inputs as f64).sqrt();
            Initializer::Uniform { min: -bound, max: bound }
        };
        let spread = (channels > 1).then(|| self.spread());
        let features = spread.map_or(0, |e| e * (channels - 1));
        ChannelHead {
            spread_weight: spread.map(|e| uniform(3).init([channels - 1, 3, e], device)),
            spread_bias: spread.map(|e| uniform(3).init([channels - 1, e], device)),
            mix: LinearConfig::new(self.trunk + features, channels * hidden).init(device),
            output_weight: uniform(hidden).init([channels, hidden, self.output], device),
            output_bias: uniform(hidden).init([channels, self.output], device),
        }
    }
}

impl ChannelHead {
    /// The parameters of all channels at all positions.
    ///
    /// # Shapes
    /// * `trunk`: `[B, L, h]`; `x`: `[B, L, D]`
    /// * output: `[B, L, D, output]`
    pub fn forward(&self, trunk: Tensor<3>, x: Tensor<3>) -> Tensor<4> {
        let [batch, length, width] = trunk.dims();
        let rows = batch * length;
        let [channels, hidden, output] = self.output_weight.dims();
        let mut mixed = self.start(trunk.reshape([rows, width])); // [N, D h/2]
        if channels > 1 {
            let earlier = x.reshape([rows, channels]).narrow(1, 0, channels - 1);
            let features = self.spread(0, earlier.swap_dims(0, 1)); // [D - 1, N, e]
            let [_, _, e] = features.dims();
            let features = features.swap_dims(0, 1).reshape([rows, (channels - 1) * e]);
            mixed = mixed + features.matmul(self.masked(e));
        }
        let hidden = gelu(mixed).reshape([rows, channels, hidden]).swap_dims(0, 1); // [D, N, h/2]
        let parameters = hidden.matmul(self.output_weight.val()) + self.output_bias.val().unsqueeze_dim(1); // [D, N, output]
        parameters.swap_dims(0, 1).reshape([batch, length, channels, output])
    }

    /// What the trunk gives to the hidden layers of all channels of one position: `[B, h] -> [B, D h/2]`, for
    /// [`channel`](Self::channel).
    pub fn start(&self, trunk: Tensor<2>) -> Tensor<2> {
        let [_, width] = trunk.dims();
        let mixed = trunk.matmul(self.mix.weight.val().narrow(0, 0, width));
        match &self.mix.bias {
            Some(bias) => mixed + bias.val().unsqueeze::<2>(),
            None => mixed,
        }
    }

    /// The parameters of one channel, `[B, output]`, once [`observe`](Self::observe) has seen all channels before it.
    pub fn channel(&self, index: usize, mixed: &Tensor<2>) -> Tensor<2> {
        let [_, hidden, output] = self.output_weight.dims();
        let weight = self.output_weight.val().narrow(0, index, 1).reshape([hidden, output]);
        gelu(mixed.clone().narrow(1, index * hidden, hidden)).matmul(weight)
            + self.output_bias.val().narrow(0, index, 1)
    }

    /// Adds what channel `index` with the values `[B]` gives to the hidden layers of the channels after it.
    pub fn observe(&self, index: usize, value: Tensor<1>, mixed: Tensor<2>) -> Tensor<2> {
        let [channels, hidden, _] = self.output_weight.dims();
        if index + 1 == channels {
            return mixed;
        }
        let features = self.spread(index, value.unsqueeze::<2>()); // [1, B, e]
        let [_, batch, e] = features.dims();
        let later = (index + 1) * hidden;
        let first = self.mix.weight.shape()[0] - e * (channels - 1 - index);
        let weight = self.mix.weight.val().narrow(0, first, e).narrow(1, later, channels * hidden - later);
        let change = features.reshape([batch, e]).matmul(weight);
        Tensor::cat(
            vec![mixed.clone().narrow(1, 0, later), mixed.narrow(1, later, channels * hidden - later) + change],
            1,
        )
    }

    /// Channels `first..first + n` with the values `[n, N]`, spread to `[n, N, e]`.
    fn spread(&self, first: usize, values: Tensor<2>) -> Tensor<3> {
        let (Some(weight), Some(bias)) = (&self.spread_weight, &self.spread_bias) else {
            unreachable!("a single channel has no channel before it")
        };
        let [count, _] = values.dims();
        let features = Tensor::stack::<3>(vec![values.clone(), elu(values.clone()), elu(-values)], 2); // [n, N, 3]
        gelu(
            features.matmul(weight.val().narrow(0, first, count)) + bias.val().narrow(0, first, count).unsqueeze_dim(1),
        )
    }

    /// The weights of the spread channels, zero where they would look at the same or a later channel: `[e (D - 1), D h/2]`.
    fn masked(&self, e: usize) -> Tensor<2> {
        let [channels, hidden, _] = self.output_weight.dims();
        let weight = self.mix.weight.val();
        let rows = e * (channels - 1);
        let mask: Vec<f32> = (0..channels - 1).flat_map(|j| (0..channels).map(move |c| f32::from(j < c))).collect();
        let mask = Tensor::<4>::from_data(TensorData::new(mask, [channels - 1, 1, channels, 1]), &weight.device());
        let first = weight.dims()[0] - rows;
        let weight = weight.narrow(0, first, rows).reshape([channels - 1, e, channels, hidden]);
        (weight * mask).reshape([rows, channels * hidden])
    }
}

/// `x` above zero, `exp(x) - 1` below, without the overflow of an exponential that is thrown away.
fn elu(x: Tensor<2>) -> Tensor<2> {
    relu(x.clone()) + x.clamp_max(0.0).exp() - 1.0
}
