//! Generalised pooling: a learnt weighting of the largest, second largest, .. value of each channel.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use halation_kernels::softmax;

use super::config_error;
use crate::ModelError;
use crate::encoder::{BiGru, BiGruConfig, PackedWords, check_lengths};

/// Settings of a [`GpoPooling`].
#[derive(Config, Debug)]
pub struct GpoPoolingConfig {
    /// Numbers in the encoding of a position; even.
    #[config(default = 32)]
    pub encoding: usize,
    /// State of each direction of the GRU.
    #[config(default = 32)]
    pub hidden: usize,
    /// Divisor of the scores before the softmax.
    #[config(default = 0.1)]
    pub temperature: f64,
}

/// Generalised pooling operator of VSE-infinity (Chen et al., CVPR 2021), as PCME++ uses it.
///
/// ```text
/// v_t     = t-th largest value of a channel over the valid tokens, t = 0 .. length - 1
/// w       = softmax_t(linear((forward_t + backward_t) / 2) / temperature)
/// pooled  = sum_t w_t v_t
/// ```
///
/// `forward` and `backward` are the outputs of a bidirectional GRU over `length` sinusoidal encodings of `t`. The weights
/// know nothing of the values: they are computed once for each distinct length of a batch. Equal weights are mean pooling,
/// all weight at `t = 0` is max pooling.
///
/// Burn sorts on the host where a backend has no kernel for it (CubeCL's in 0.22): the tokens then cross the bus.
///
/// The published code gives positions past the length a score of -10000; here they are left out, which is the same after
/// the softmax. Its linear layer has no bias either: a softmax would cancel it.
#[derive(Module, Debug)]
pub struct GpoPooling {
    /// Reads the encoded positions.
    pub gru: BiGru,
    /// Scores of the positions, no bias.
    pub linear: Linear,
    /// Divisor of the scores.
    #[module(skip)]
    pub temperature: f64,
    /// Numbers in the encoding of a position.
    #[module(skip)]
    pub encoding: usize,
}

impl GpoPoolingConfig {
    /// Whether a layer can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.encoding == 0 || !self.encoding.is_multiple_of(2) {
            return config_error(
                "GpoPoolingConfig",
                "encoding",
                self.encoding,
                "it must be even: a sine and a cosine each",
            );
        }
        if self.hidden == 0 {
            return config_error("GpoPoolingConfig", "hidden", 0, "the GRU needs at least one number of state");
        }
        if !(self.temperature > 0.0 && self.temperature.is_finite()) {
            return config_error(
                "GpoPoolingConfig",
                "temperature",
                self.temperature,
                "it must be above zero and finite",
            );
        }
        Ok(())
    }

    /// The layer with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> GpoPooling {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        GpoPooling {
            gru: BiGruConfig::new(self.encoding, self.hidden).init(device),
            linear: LinearConfig::new(self.hidden, 1).with_bias(false).init(device),
            temperature: self.temperature,
            encoding: self.encoding,
        }
    }
}

impl GpoPooling {
    /// Pools the tokens of each item. Neither their order nor what stands past the length has any effect.
    ///
    /// # Shapes
    /// * `tokens`: `[B, T, D]`, padded on the right
    /// * `lengths`: `B` values in `1..=T`
    /// * output: `[B, D]`
    ///
    /// # Errors
    /// [`ModelError::NoSequences`], [`ModelError::LengthCount`], [`ModelError::Length`].
    pub fn forward(&self, tokens: Tensor<3>, lengths: &[usize]) -> Result<Tensor<2>, ModelError> {
        let [batch, width, dim] = tokens.dims();
        check_lengths(lengths, batch, width)?;
        let weights = self.weights(lengths)?; // [B, L]
        let longest = weights.dims()[1];
        // Rows of one number over all tokens: a CPU sorts what lies side by side, several rows at once.
        let tokens = tokens.narrow(1, 0, longest).swap_dims(1, 2); // [B, D, L]
        let sorted = if lengths.iter().all(|&length| length == longest) {
            tokens.sort_descending(2)
        } else {
            // Behind every number while sorting, then zero: what was there must not meet the product below, not even NaN.
            let past =
                past_the_end(lengths, longest, &tokens.device()).unsqueeze_dim::<3>(1).expand([batch, dim, longest]);
            let tokens = tokens.mask_fill(past.clone(), f32::NEG_INFINITY);
            tokens.sort_descending(2).mask_fill(past, 0.0)
        };
        let pooled = sorted.matmul(weights.unsqueeze_dim::<3>(2)); // [B, D, 1]
        Ok(pooled.squeeze_dim::<2>(2))
    }

    /// The weight of the largest, second largest, .. value of items of these lengths; zero past the length.
    ///
    /// # Shapes
    /// * `lengths`: `B` values, at least 1
    /// * output: `[B, longest]`; rows sum to one
    ///
    /// # Errors
    /// [`ModelError::NoSequences`], [`ModelError::Length`].
    pub fn weights(&self, lengths: &[usize]) -> Result<Tensor<2>, ModelError> {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        check_lengths(lengths, lengths.len(), longest)?;
        let device = self.linear.weight.val().device();
        let mut distinct = lengths.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let count = distinct.len();

        let encodings = sinusoids(longest, self.encoding, &device); // [L, E]
        let encodings = encodings.unsqueeze::<3>().expand([count, longest, self.encoding]); // [U, L, E]
        let [forward, backward] = self.gru.outputs(&PackedWords::new(encodings, &distinct)?); // [U, L, H]
        let hidden = forward.dims()[2];
        let states = ((forward + backward) / 2.0).reshape([count * longest, hidden]);
        let scores = self.linear.forward(states).reshape([count, longest]) / self.temperature; // [U, L]
        let scores = scores.mask_fill(past_the_end(&distinct, longest, &device), f32::NEG_INFINITY);
        let weights = softmax(scores, 1); // [U, L]
        if lengths == distinct.as_slice() {
            return Ok(weights);
        }
        let rows: Vec<i64> = lengths.iter().map(|length| distinct.partition_point(|d| d < length) as i64).collect();
        let rows = TensorData::new(rows, [lengths.len()]);
        Ok(weights.select(0, Tensor::<1, Int>::from_data(rows, &device.without_autodiff()))) // [B, L]
    }
}

/// `[positions, dim]`: `sin(t w_k)` and `cos(t w_k)` in turn, `w_k = 10000^(-2 k / dim)` (Vaswani et al. 2017, section 3.5).
fn sinusoids(positions: usize, dim: usize, device: &Device) -> Tensor<2> {
    let mut values = Vec::with_capacity(positions * dim);
    for position in 0..positions {
        for pair in 0..dim / 2 {
            let angle = position as f64 * 10_000_f64.powf(-2.0 * pair as f64 / dim as f64);
            values.extend([angle.sin() as f32, angle.cos() as f32]);
        }
    }
    Tensor::from_data(TensorData::new(values, [positions, dim]), device)
}

/// `[lengths, width]`, true past the end of each item.
fn past_the_end(lengths: &[usize], width: usize, device: &Device) -> Tensor<2, Bool> {
    let flags: Vec<bool> = lengths.iter().flat_map(|&length| (0..width).map(move |t| t >= length)).collect();
    Tensor::from_data(TensorData::new(flags, [lengths.len(), width]), &device.clone().without_autodiff())
}
