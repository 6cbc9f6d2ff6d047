//! The head of ProLIP: a class token becomes the mean, an uncertainty token the log-variance of a normal distribution.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, assert_shape};
use halation_core::dist::{DiagNormal, LogVar};

use super::sigma_head::constant_bias;
use super::{check_clamp, config_error, l2_normalize};
use crate::ModelError;

/// Settings of a [`ProLipHead`].
#[derive(Config, Debug)]
pub struct ProLipHeadConfig {
    /// Numbers `d` of the class token.
    pub input: usize,
    /// Dimension `D` of the embedding.
    pub embed_dim: usize,
    /// Numbers of the uncertainty token; `d` if left open.
    ///
    /// The released text tower reads the log-variance off the *projected* class vector instead of the token: for its
    /// weights set this to `D` and pass that vector.
    #[config(default = "None")]
    pub uncertainty_input: Option<usize>,
    /// Whether the projection of the mean has a bias (CLIP's has none).
    #[config(default = false)]
    pub mean_bias: bool,
    /// Initial bias of the log-variance.
    #[config(default = -10.0)]
    pub logvar_bias_init: f64,
    /// Bounds of the log-variance (the published code has none).
    #[config(default = "None")]
    pub clamp: Option<[f64; 2]>,
}

/// `mean = normalize(W_m x_cls)`, `log_var = W_u x_unc + b_u` with `b_u` starting at -10 (ProLIP, Chun et al., ICLR
/// 2025): a token `[UNC]` beside `[CLS]` carries what the tower knows about its own uncertainty.
#[derive(Module, Debug)]
pub struct ProLipHead {
    /// `W_m`, from `d` to `D`.
    pub mean: Linear,
    /// `W_u`, from the uncertainty token to `D`.
    pub log_var: Linear,
    /// Bounds of the log-variance.
    #[module(skip)]
    pub clamp: Option<[f64; 2]>,
}

impl ProLipHeadConfig {
    /// Whether a head can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "ProLipHeadConfig";
        if self.input == 0 {
            return config_error(NAME, "input", 0, "a token needs at least one number");
        }
        if self.uncertainty_input == Some(0) {
            return config_error(NAME, "uncertainty_input", "Some(0)", "a token needs at least one number");
        }
        if self.embed_dim == 0 {
            return config_error(NAME, "embed_dim", 0, "an embedding needs at least one dimension");
        }
        if !self.logvar_bias_init.is_finite() {
            return config_error(NAME, "logvar_bias_init", self.logvar_bias_init, "it must be finite");
        }
        check_clamp(NAME, "clamp", self.clamp)
    }

    /// The head with PyTorch's default initialisation and the bias of the log-variance.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ProLipHead {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let log_var = LinearConfig::new(self.uncertainty_input.unwrap_or(self.input), self.embed_dim).init(device);
        ProLipHead {
            mean: LinearConfig::new(self.input, self.embed_dim).with_bias(self.mean_bias).init(device),
            log_var: constant_bias(log_var, self.logvar_bias_init, device),
            clamp: self.clamp,
        }
    }
}

impl ProLipHead {
    /// The distribution of each item.
    ///
    /// # Shapes
    /// * `class_token`: `[B, d]`
    /// * `uncertainty_token`: `[B, d]`, or the width of `uncertainty_input`
    /// * output: `[B, D]`
    ///
    /// # Panics
    /// If a width differs from the layer's, or the batches differ.
    pub fn forward(&self, class_token: Tensor<2>, uncertainty_token: Tensor<2>) -> DiagNormal {
        let [batch, _] = class_token.dims();
        let [input, _] = self.mean.weight.dims();
        let [uncertainty_input, _] = self.log_var.weight.dims();
        assert_shape!(class_token, [batch, input]);
        assert_shape!(uncertainty_token, [batch, uncertainty_input]);
        let mut log_var = self.log_var.forward(uncertainty_token); // [B, D]
        if let Some([low, high]) = self.clamp {
            log_var = log_var.clamp(low, high);
        }
        DiagNormal::new(l2_normalize(self.mean.forward(class_token)), LogVar(log_var))
    }
}
