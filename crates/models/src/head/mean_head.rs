//! The mean of an item's embedding: global feature plus attended detail, on the unit sphere (PIE-Net).

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear};
use burn::tensor::{Bool, Device, Tensor, assert_shape};
use halation_kernels::sigmoid;

use super::local_attention::xavier;
use super::sigma_head::constant_bias;
use super::{EmbeddingSet, LocalAttention, LocalAttentionConfig, config_error, l2_normalize};
use crate::ModelError;
use crate::{LayerNorm, LayerNormConfig};

/// Settings of a [`MeanHead`].
#[derive(Config, Debug)]
pub struct MeanHeadConfig {
    /// Numbers `d` for each part.
    pub input: usize,
    /// Dimension `D` of the embedding.
    pub embed_dim: usize,
    /// Dropout on the attended detail.
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Points `K` of each item (PVSE: 1, 2 or 4; PCME: 1).
    #[config(default = 1)]
    pub points: usize,
}

/// `mu_k = normalize(LayerNorm(g + dropout(sigmoid(FC(r_k)))))` with `r_k` the attended parts and `g` the global feature
/// (PVSE's PIE-Net; PCME section 3.1 has one summary, `K = 1`).
#[derive(Module, Debug)]
pub struct MeanHead {
    /// Attention over the parts, `K` summaries.
    pub attention: LocalAttention,
    /// `FC`, from `d` to `D`.
    pub fc: Linear,
    /// Norm of the sum.
    pub layer_norm: LayerNorm,
    /// Dropout on the attended detail.
    pub dropout: Dropout,
}

impl MeanHeadConfig {
    /// Whether a head can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value, expected) in [
            ("input", self.input, "parts need at least one number"),
            ("embed_dim", self.embed_dim, "an embedding needs at least one dimension"),
            ("points", self.points, "an item needs at least one point"),
        ] {
            if value == 0 {
                return config_error("MeanHeadConfig", field, value, expected);
            }
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return config_error("MeanHeadConfig", "dropout", self.dropout, "it must be in [0, 1)");
        }
        Ok(())
    }

    /// Xavier-uniform weights, zero bias.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> MeanHead {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let fc = xavier(self.input, self.embed_dim).init(device);
        MeanHead {
            attention: LocalAttentionConfig::new(self.input).with_heads(self.points).init(device),
            fc: constant_bias(fc, 0.0, device),
            layer_norm: LayerNormConfig::new(self.embed_dim).init(device),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

impl MeanHead {
    /// The unit-length mean of a head with one point.
    ///
    /// # Shapes
    /// * `global`: `[B, D]`
    /// * `parts`: `[B, T, d]`; `padding`: `[B, T]`, true where there is no part
    /// * output: `[B, D]`
    ///
    /// # Panics
    /// If a width differs from the layer's, or the head has several points.
    pub fn forward(&self, global: Tensor<2>, parts: Tensor<3>, padding: Option<Tensor<2, Bool>>) -> Tensor<2> {
        let points = self.forward_set(global, parts, padding).points; // [B, K, D]
        let [_, count, _] = points.dims();
        assert_eq!(count, 1, "a head of {count} points has no single mean: call `forward_set`");
        points.squeeze_dim::<2>(1)
    }

    /// The `K` unit-length points of each item. The global feature is shared by all of them.
    ///
    /// # Shapes
    /// * `global`: `[B, D]`
    /// * `parts`: `[B, T, d]`; `padding`: `[B, T]`, true where there is no part
    ///
    /// # Panics
    /// If a width differs from the layer's.
    pub fn forward_set(&self, global: Tensor<2>, parts: Tensor<3>, padding: Option<Tensor<2, Bool>>) -> EmbeddingSet {
        let attended = self.attention.forward(parts, padding);
        let [batch, points, width] = attended.pooled.dims();
        let residuals = sigmoid(self.fc.forward(attended.pooled.reshape([batch * points, width]))); // [B * K, D]
        let [_, dim] = residuals.dims();
        assert_shape!(global, [batch, dim]);
        let global = global.unsqueeze_dim::<3>(1).expand([batch, points, dim]).reshape([batch * points, dim]);
        let mean = l2_normalize(self.layer_norm.forward(global + self.dropout.forward(residuals.clone()))); // [B * K, D]
        EmbeddingSet {
            points: mean.reshape([batch, points, dim]),
            attention: attended.weights,
            residuals: residuals.reshape([batch, points, dim]),
        }
    }
}
