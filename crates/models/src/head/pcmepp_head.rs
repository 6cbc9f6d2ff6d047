//! The head of PCME++: tokens of two streams become the mean and the log-variance of a normal distribution.

use burn::config::Config;
use burn::module::{Initializer, Module};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use halation_core::dist::{DiagNormal, LogVar};

use super::sigma_head::constant_bias;
use super::{GpoPooling, GpoPoolingConfig, check_clamp, config_error, l2_normalize_softly};
use crate::ModelError;
use crate::{LayerNorm, LayerNormConfig};

/// Added to the norm of the mean, as published.
const NORM_EPSILON: f64 = 1e-8;

/// Settings of a [`PcmePpHead`].
#[derive(Config, Debug)]
pub struct PcmePpHeadConfig {
    /// Numbers `d` for each token.
    pub input: usize,
    /// Dimension `D` of the embedding (published: 1024).
    pub embed_dim: usize,
    /// Pooling of both streams; each has weights of its own.
    #[config(default = "GpoPoolingConfig::new()")]
    pub pooling: GpoPoolingConfig,
    /// Initial log-variance: the bias of the sigma stream. 0, as published, starts at `sum_k v_k` near `D` for each side,
    /// so at logits near -1e4 with 1024 dimensions; comments in the published code speak of -4 and -10, and ProLIP uses -10.
    #[config(default = 0.0)]
    pub logvar_bias_init: f64,
    /// Initial weight of a layer norm on the pooled sigma stream (0.01 in the published option); none if left open, as in
    /// the released models.
    #[config(default = "None")]
    pub sigma_norm_init: Option<f64>,
    /// Bounds of the log-variance (the published code has none).
    #[config(default = "None")]
    pub clamp: Option<[f64; 2]>,
}

/// `mean = normalize(GPO(W_m x + b_m))`, `log_var = GPO(W_s x' + b_s)` over the tokens `x` and `x'` of the two branches of
/// the last transformer block (PCME++, Chun, ICLR 2024).
///
/// The mean is divided by its norm plus 1e-8; the log-variance has no norm, or an optional layer norm at the very end. That
/// norm would cancel a constant in the stream, so then `logvar_bias_init` is its bias.
#[derive(Module, Debug)]
pub struct PcmePpHead {
    /// `W_m`, from `d` to `D`.
    pub mean: Linear,
    /// Pooling of the mean.
    pub mean_pooling: GpoPooling,
    /// `W_s`, from `d` to `D`.
    pub sigma: Linear,
    /// Pooling of the log-variance.
    pub sigma_pooling: GpoPooling,
    /// Norm of the pooled log-variance.
    pub sigma_norm: Option<LayerNorm>,
    /// Bounds of the log-variance.
    #[module(skip)]
    pub clamp: Option<[f64; 2]>,
}

impl PcmePpHeadConfig {
    /// Whether a head can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "PcmePpHeadConfig";
        if self.input == 0 {
            return config_error(NAME, "input", 0, "tokens need at least one number");
        }
        if self.embed_dim == 0 {
            return config_error(NAME, "embed_dim", 0, "an embedding needs at least one dimension");
        }
        if !self.logvar_bias_init.is_finite() {
            return config_error(NAME, "logvar_bias_init", self.logvar_bias_init, "it must be finite");
        }
        if let Some(init) = self.sigma_norm_init.filter(|init| !init.is_finite()) {
            return config_error(NAME, "sigma_norm_init", init, "it must be finite");
        }
        check_clamp(NAME, "clamp", self.clamp)?;
        self.pooling.check()
    }

    /// The head with PyTorch's default initialisation, but for the biases of the sigma stream.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> PcmePpHead {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let linear = || LinearConfig::new(self.input, self.embed_dim).init(device);
        let constant = |value| Initializer::Constant { value }.init([self.embed_dim], device);
        let sigma_norm = self.sigma_norm_init.map(|weight| {
            let mut norm = LayerNormConfig::new(self.embed_dim).init(device);
            norm.gamma = constant(weight);
            norm.beta = Some(constant(self.logvar_bias_init));
            norm
        });
        let bias = if sigma_norm.is_some() { 0.0 } else { self.logvar_bias_init };
        PcmePpHead {
            mean: linear(),
            mean_pooling: self.pooling.init(device),
            sigma: constant_bias(linear(), bias, device),
            sigma_pooling: self.pooling.init(device),
            sigma_norm,
            clamp: self.clamp,
        }
    }
}

impl PcmePpHead {
    /// The distribution of each item.
    ///
    /// # Shapes
    /// * `mean_tokens`, `sigma_tokens`: `[B, T, d]`, padded on the right; the same tensor twice where there is one stream
    /// * `lengths`: `B` values in `1..=T`
    /// * output: `[B, D]`
    ///
    /// # Errors
    /// [`ModelError::FeatureShape`], [`ModelError::NoSequences`], [`ModelError::LengthCount`], [`ModelError::Length`].
    pub fn forward(
        &self,
        mean_tokens: Tensor<3>,
        sigma_tokens: Tensor<3>,
        lengths: &[usize],
    ) -> Result<DiagNormal, ModelError> {
        let [batch, count, _] = mean_tokens.dims();
        for (what, tokens, layer) in
            [("mean tokens", &mean_tokens, &self.mean), ("sigma tokens", &sigma_tokens, &self.sigma)]
        {
            let expected = [batch, count, layer.weight.shape()[0]];
            if tokens.dims() != expected {
                return Err(ModelError::FeatureShape {
                    what,
                    found: tokens.dims().to_vec(),
                    expected: expected.to_vec(),
                });
            }
        }
        let mean = self.mean_pooling.forward(on_tokens(&self.mean, mean_tokens), lengths)?; // [B, D]
        let mut log_var = self.sigma_pooling.forward(on_tokens(&self.sigma, sigma_tokens), lengths)?; // [B, D]
        if let Some(norm) = &self.sigma_norm {
            log_var = norm.forward(log_var);
        }
        if let Some([low, high]) = self.clamp {
            log_var = log_var.clamp(low, high);
        }
        Ok(DiagNormal::new(l2_normalize_softly(mean, NORM_EPSILON), LogVar(log_var)))
    }
}

/// A linear layer on every token, as one GEMM for the batch: `[B, T, d] -> [B, T, D]`.
pub(crate) fn on_tokens(linear: &Linear, tokens: Tensor<3>) -> Tensor<3> {
    let [batch, count, dim] = tokens.dims();
    let output = linear.forward(tokens.reshape([batch * count, dim])); // [B * T, D]
    let [_, width] = output.dims();
    output.reshape([batch, count, width])
}
