//! Layer normalisation as a module.

use burn::config::Config;
use burn::module::{Initializer, Module, Param};
use burn::tensor::{DType, Device, FloatDType, Tensor};
use halation_kernels::layer_norm;

/// Settings of a [`LayerNorm`].
#[derive(Config, Debug)]
pub struct LayerNormConfig {
    /// Numbers of a row.
    pub d_model: usize,
    /// What is added to the variance.
    #[config(default = 1e-5)]
    pub epsilon: f64,
    /// Whether `beta` is added.
    #[config(default = true)]
    pub bias: bool,
}

/// `(x - mean) / sqrt(variance + epsilon) gamma + beta` over the last axis (Ba et al. 2016), with the parameters of Burn's module of
/// that name and through [`halation_kernels::layer_norm`], which Burn's does not know of.
#[derive(Module, Debug)]
pub struct LayerNorm {
    /// Scale, `[D]`.
    pub gamma: Param<Tensor<1>>,
    /// Shift, `[D]`.
    pub beta: Option<Param<Tensor<1>>>,
    epsilon: f64,
}

impl LayerNormConfig {
    /// A scale of one and a shift of zero.
    pub fn init(&self, device: &Device) -> LayerNorm {
        LayerNorm {
            gamma: Initializer::Ones.init([self.d_model], device),
            beta: self.bias.then(|| Initializer::Zeros.init([self.d_model], device)),
            epsilon: self.epsilon,
        }
    }
}

impl LayerNorm {
    /// Normalises each row.
    ///
    /// # Shapes
    /// * `x`, output: `[.., D]`
    ///
    /// # Panics
    /// If `x` has another width.
    pub fn forward<const R: usize>(&self, x: Tensor<R>) -> Tensor<R> {
        let (gamma, beta) = (self.gamma.val(), self.beta.as_ref().map(Param::val));
        let dtype = x.dtype();
        if !matches!(dtype, DType::F16 | DType::BF16) {
            return layer_norm(x, gamma, beta, self.epsilon);
        }
        // Half precision cannot hold the sum of squares.
        let wide = FloatDType::F32;
        let beta = beta.map(|beta| beta.cast(wide));
        layer_norm(x.cast(wide), gamma.cast(wide), beta, self.epsilon).cast(FloatDType::from(dtype))
    }
}
