//! The conditioner of the text flows: an MLP on each position, a position feature, an LSTM, one hidden layer.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_kernels::gelu;

use super::{Lstm, LstmConfig, LstmMemory};
use crate::ModelError;
use crate::head::{config_error, on_tokens};

/// Settings of a [`PositionLstm`].
#[derive(Config, Debug)]
pub struct PositionLstmConfig {
    /// Numbers at each position.
    pub input: usize,
    /// State `H` of each direction of the LSTM, a multiple of 8.
    pub hidden: usize,
    /// Numbers of the hidden layer after the LSTM.
    pub output: usize,
    /// Longest sequence.
    pub max_length: usize,
    /// Layers of the LSTM.
    #[config(default = 2)]
    pub layers: usize,
    /// Whether a position sees the whole sequence.
    #[config(default = true)]
    pub bidirectional: bool,
    /// Whether position `l` sees the input of `l - 1` (zeros at first) in place of its own.
    #[config(default = false)]
    pub shift: bool,
}

/// The conditioner of Argmax Flows' text models (Hoogeboom et al., 2021, published code, after Lippe and Gavves, 2021):
///
/// ```text
/// features = GELU(Linear(GELU(Linear(x))))            H/2 - H/8 numbers, zero where the input is dropped
/// position = Linear([onehot(l), onehot(L - 1 - l)])   H/8 numbers
/// output   = GELU(Linear(LSTM([features, position])))
/// ```
#[derive(Module, Debug)]
pub struct PositionLstm {
    /// First layer of the MLP, to `H / 2`.
    pub input: Linear,
    /// Second layer of the MLP, to `H / 2 - H / 8`.
    pub features: Linear,
    /// Position feature, from `2 max_length` to `H / 8`.
    pub position: Linear,
    /// The LSTM, from `H / 2`.
    pub lstm: Lstm,
    /// Hidden layer after the LSTM.
    pub output: Linear,
    /// Whether position `l` sees the input of `l - 1`.
    #[module(skip)]
    pub shift: bool,
}

impl PositionLstmConfig {
    /// Whether a conditioner can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "PositionLstmConfig";
        if self.input == 0 || self.output == 0 {
            let field = if self.input == 0 { "input" } else { "output" };
            return config_error(NAME, field, 0, "a conditioner needs at least one number on both sides");
        }
        if self.hidden == 0 || !self.hidden.is_multiple_of(8) {
            return config_error(
                NAME,
                "hidden",
                self.hidden,
                "it must be a multiple of 8: an eighth is the position feature",
            );
        }
        if self.max_length == 0 {
            return config_error(NAME, "max_length", 0, "a sequence has at least one position");
        }
        if self.shift && self.bidirectional {
            return config_error(NAME, "shift", true, "a reader of both directions would see what the shift hides");
        }
        LstmConfig::new(self.hidden / 2, self.hidden).with_layers(self.layers).check()
    }

    /// A conditioner with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> PositionLstm {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let h = self.hidden;
        let states = if self.bidirectional { 2 * h } else { h };
        PositionLstm {
            input: LinearConfig::new(self.input, h / 2).init(device),
            features: LinearConfig::new(h / 2, h / 2 - h / 8).init(device),
            position: LinearConfig::new(2 * self.max_length, h / 8).init(device),
            lstm: LstmConfig::new(h / 2, h)
                .with_layers(self.layers)
                .with_bidirectional(self.bidirectional)
                .init(device),
            output: LinearConfig::new(states, self.output).init(device),
            shift: self.shift,
        }
    }
}

impl PositionLstm {
    /// What every position knows.
    ///
    /// # Shapes
    /// * `x`: `[B, L, input]`
    /// * `keep`: `[B, L]`, 1 where the features of a position stay and 0 where input dropout hides them all (no rescaling);
    ///   `None` keeps all
    /// * output: `[B, L, output]`
    ///
    /// # Panics
    /// If `L` is larger than the longest sequence.
    pub fn forward(&self, x: Tensor<3>, keep: Option<Tensor<2>>) -> Tensor<3> {
        let [batch, length, _] = x.dims();
        let mut features = self.features(x);
        if let Some(keep) = keep {
            features = features * keep.unsqueeze_dim(2);
        }
        let position = self.positions(length).unsqueeze::<3>();
        let width = position.dims()[2];
        let mut input = Tensor::cat(vec![features, position.expand([batch, length, width])], 2); // [B, L, H/2]
        if self.shift {
            let first = input.clone().narrow(1, 0, 1).zeros_like();
            input = match length {
                1 => first,
                _ => Tensor::cat(vec![first, input.narrow(1, 0, length - 1)], 1),
            };
        }
        gelu(on_tokens(&self.output, self.lstm.forward(input)))
    }

    /// What position `index` of `length` knows, from the input of the position before it (`None` at the first) and the memory of
    /// all earlier ones: the row that [`forward`](Self::forward) gives, without reading the others again.
    ///
    /// # Shapes
    /// * `before`: `[B, input]`; output: `[B, output]`
    ///
    /// # Panics
    /// If the conditioner does not shift, or `length` is larger than the longest sequence.
    pub fn step(&self, before: Option<Tensor<2>>, index: usize, length: usize, memory: &mut LstmMemory) -> Tensor<2> {
        assert!(self.shift, "a conditioner without shift sees its own position");
        let input = match before {
            Some(x) => {
                let features = self.features(x.unsqueeze_dim(1)).squeeze_dim::<2>(1);
                let position = self.positions(length).narrow(0, index - 1, 1);
                let [batch, _] = features.dims();
                let [_, width] = position.dims();
                Tensor::cat(vec![features, position.expand([batch, width])], 1) // [B, H/2]
            }
            None => memory.zeros(self.input.weight.shape()[1]),
        };
        gelu(self.output.forward(self.lstm.step(input, memory)))
    }

    fn features(&self, x: Tensor<3>) -> Tensor<3> {
        gelu(on_tokens(&self.features, gelu(on_tokens(&self.input, x))))
    }

    /// The position feature, `[L, H/8]`: a product with two one-hot codes picks rows of the weights.
    fn positions(&self, length: usize) -> Tensor<2> {
        let weight = self.position.weight.val(); // [2 max_length, H/8]
        let longest = weight.dims()[0] / 2;
        assert!(length <= longest, "a sequence of {length} positions, but there are features for {longest}");
        let from_start = weight.clone().narrow(0, 0, length);
        let from_end = weight.narrow(0, longest, length).flip([0]);
        let rows = from_start + from_end;
        match &self.position.bias {
            Some(bias) => rows + bias.val().unsqueeze::<2>(),
            None => rows,
        }
    }
}
