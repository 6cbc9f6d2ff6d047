//! The pieces that both ProLIP towers add to a CLIP tower.

use burn::module::{Initializer, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::self_attention::normal_linear;
use crate::head::constant_bias;

/// A token drawn like CLIP's class token.
pub(super) fn unc_token(width: usize, device: &Device) -> Param<Tensor<1>> {
    Initializer::Normal { mean: 0.0, std: (width as f64).powf(-0.5) }.init([width], device)
}

/// Token to log-variances that start near `bias`: the weights are from N(0, 0.01 / d).
pub(super) fn log_var_head(width: usize, embed_dim: usize, bias: f64, device: &Device) -> Linear {
    constant_bias(normal_linear(width, embed_dim, 0.1 * (width as f64).powf(-0.5), device), bias, device)
}
