//! The distribution encoder block of MAP: self-attention whose channels are split between mean and log-sigma.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Bool, Device, Tensor, assert_shape};
use halation_kernels::{attention, gelu};

use super::pcmepp_head::on_tokens;
use super::{TokenNormals, config_error};
use crate::ModelError;
use crate::{LayerNorm, LayerNormConfig};

/// Settings of a [`MapBlock`].
#[derive(Config, Debug)]
pub struct MapBlockConfig {
    /// Numbers `D` for each token, in and out; divisible by twice the number of heads.
    pub width: usize,
    /// Attention heads of each half.
    pub heads: usize,
    /// Hidden width of each MLP; `4 D` if left open.
    #[config(default = "None")]
    pub hidden: Option<usize>,
}

/// Probability distribution encoder of MAP (Ji et al., CVPR 2023): tokens become normal distributions.
///
/// ```text
/// (q_m, q_s), (k_m, k_s), (v_m, v_s) = halves of the channels of W_q x, W_k x, W_v x
/// a_m   = concat_heads softmax(q_m k_m' / sqrt(d)) v_m        a_s likewise; d = D / (2 heads)
/// m     = LayerNorm(x + P_m a_m)                              s   = LayerNorm(P_s a_s)
/// mean  = m + MLP_m(m)                                        log_std = MLP_s(s)
/// ```
///
/// The source at hand fixes the split of the attention, the two projections from `D / 2` to `D`, the two MLPs and that only
/// the mean has a residual path. It leaves open, and this chooses: one attention map for each half; biases in all layers
/// but the key's; layer norms after the projections; MLPs of two layers with GELU and hidden width `4 D`, the mean's with a residual path
/// and no norm behind it, so that means keep their scale; no dropout.
#[derive(Module, Debug)]
pub struct MapBlock {
    /// `W_q`.
    pub query: Linear,
    /// `W_k`, without bias: the softmax would cancel it.
    pub key: Linear,
    /// `W_v`.
    pub value: Linear,
    /// `P_m`, from `D / 2` to `D`.
    pub mean_projection: Linear,
    /// Norm of the mean.
    pub mean_norm: LayerNorm,
    /// First layer of the mean's MLP.
    pub mean_fc1: Linear,
    /// Second layer of the mean's MLP.
    pub mean_fc2: Linear,
    /// `P_s`, from `D / 2` to `D`.
    pub sigma_projection: Linear,
    /// Norm of the log standard deviation.
    pub sigma_norm: LayerNorm,
    /// First layer of the log standard deviation's MLP.
    pub sigma_fc1: Linear,
    /// Second layer of the log standard deviation's MLP.
    pub sigma_fc2: Linear,
    /// Attention heads of each half.
    #[module(skip)]
    pub heads: usize,
}

impl MapBlockConfig {
    /// Whether a block can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "MapBlockConfig";
        if self.heads == 0 {
            return config_error(NAME, "heads", 0, "each half needs at least one attention head");
        }
        if self.width == 0 || !self.width.is_multiple_of(2 * self.heads) {
            return config_error(NAME, "width", self.width, "it must be a multiple of twice the number of heads");
        }
        if self.hidden == Some(0) {
            return config_error(NAME, "hidden", "Some(0)", "an MLP needs at least one hidden number");
        }
        Ok(())
    }

    /// The block with PyTorch's default initialisation.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> MapBlock {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let width = self.width;
        let hidden = self.hidden.unwrap_or(4 * width);
        let linear = |input, output| LinearConfig::new(input, output).init(device);
        let norm = || LayerNormConfig::new(width).init(device);
        MapBlock {
            query: linear(width, width),
            key: LinearConfig::new(width, width).with_bias(false).init(device),
            value: linear(width, width),
            mean_projection: linear(width / 2, width),
            mean_norm: norm(),
            mean_fc1: linear(width, hidden),
            mean_fc2: linear(hidden, width),
            sigma_projection: linear(width / 2, width),
            sigma_norm: norm(),
            sigma_fc1: linear(width, hidden),
            sigma_fc2: linear(hidden, width),
            heads: self.heads,
        }
    }
}

impl MapBlock {
    /// The distribution of each token.
    ///
    /// # Shapes
    /// * `tokens`: `[B, T, D]`
    /// * `padding`: `[B, T]`, true where there is no token; at least one token of each item must be there
    /// * output: twice `[B, T, D]`; what comes out at padded positions means nothing
    ///
    /// # Panics
    /// If a width differs from the layer's.
    pub fn forward(&self, tokens: Tensor<3>, padding: Option<Tensor<2, Bool>>) -> TokenNormals {
        let [batch, count, _] = tokens.dims();
        let [width, _] = self.query.weight.dims();
        assert_shape!(tokens, [batch, count, width]);
        // Heads of the mean first, then as many of sigma: the first half of the channels is the mean's.
        let split = |linear: &Linear| {
            let halves = on_tokens(linear, tokens.clone()); // [B, T, D]
            halves.reshape([batch, count, 2 * self.heads, width / 2 / self.heads]).swap_dims(1, 2) // [B, 2 H, T, d]
        };
        let (query, key, value) = (split(&self.query), split(&self.key), split(&self.value));
        let hidden = padding.map(|padding| {
            padding.reshape([batch, 1, 1, count]).expand([batch, 2 * self.heads, count, count]) // [B, 2 H, T, T]
        });
        let attended = attention(query, key, value, hidden, false).swap_dims(1, 2).reshape([batch, count, width]); // [B, T, D]
        let [mean, sigma] = [0, 1].map(|half| attended.clone().narrow(2, half * width / 2, width / 2)); // [B, T, D / 2]

        let mean = self.mean_norm.forward(tokens + on_tokens(&self.mean_projection, mean)); // [B, T, D]
        let means = mean.clone() + mlp(&self.mean_fc1, &self.mean_fc2, mean);
        let sigma = self.sigma_norm.forward(on_tokens(&self.sigma_projection, sigma));
        let log_stds = mlp(&self.sigma_fc1, &self.sigma_fc2, sigma);
        TokenNormals { means, log_stds }
    }
}

/// `fc2(gelu(fc1(x)))` on every token.
fn mlp(fc1: &Linear, fc2: &Linear, tokens: Tensor<3>) -> Tensor<3> {
    on_tokens(fc2, gelu(on_tokens(fc1, tokens)))
}
