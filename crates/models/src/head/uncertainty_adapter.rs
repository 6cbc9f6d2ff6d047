//! A distribution around an embedding that is already there: the post-hoc adapter of ProbVLM.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, assert_shape};
use halation_core::dist::GeneralizedNormal;
use halation_kernels::softplus;

use super::config_error;
use super::sigma_head::constant_bias;
use crate::ModelError;

/// Settings of an [`UncertaintyAdapter`].
#[derive(Config, Debug)]
pub struct UncertaintyAdapterConfig {
    /// Dimension `D` of the embeddings, in and out.
    pub embed_dim: usize,
    /// Hidden width of every MLP.
    #[config(default = 256)]
    pub hidden: usize,
    /// Dropout in the trunk (left on at test time it samples ensembles).
    #[config(default = 0.0)]
    pub dropout: f64,
    /// Inverse scale `1 / alpha` around which the network starts; unit-length embeddings differ by about `1 / sqrt(D)` in
    /// each dimension.
    #[config(default = 1.0)]
    pub inverse_scale_init: f64,
    /// Shape `beta` around which the network starts; 2 is a normal distribution.
    #[config(default = 2.0)]
    pub shape_init: f64,
}

/// Frozen embeddings become generalised normal distributions (ProbVLM, Upadhyay et al., ICCV 2023):
///
/// ```text
/// h         = x + W_2 dropout(relu(W_1 x))
/// mean      = MLP(h)
/// 1 / alpha = softplus(MLP(h)) + 1e-6
/// beta      = softplus(MLP(h)) + 0.1
/// ```
///
/// Train it with [`CrossModalNllLoss`](halation_core::loss::CrossModalNllLoss), rank by the frozen embeddings as before, and
/// take [`variance`](GeneralizedNormal::variance) for the uncertainty. The mean has no direct path from `x`: a mean that
/// copies its target exactly would leave the likelihood without bound and the scale without meaning.
///
/// The source at hand fixes a residual MLP with these three outputs. It leaves open, and this chooses: the residual in the
/// trunk, MLPs of two layers with one hidden width, and softplus with a floor where others clip (no gradient at the bound).
#[derive(Module, Debug)]
pub struct UncertaintyAdapter {
    /// `W_1` of the trunk.
    pub trunk_fc1: Linear,
    /// `W_2` of the trunk.
    pub trunk_fc2: Linear,
    /// Hidden layer of the mean.
    pub mean_fc1: Linear,
    /// Output layer of the mean.
    pub mean_fc2: Linear,
    /// Hidden layer of the inverse scale.
    pub scale_fc1: Linear,
    /// Output layer of the inverse scale.
    pub scale_fc2: Linear,
    /// Hidden layer of the shape.
    pub shape_fc1: Linear,
    /// Output layer of the shape.
    pub shape_fc2: Linear,
    /// Dropout in the trunk.
    pub dropout: Dropout,
}

impl UncertaintyAdapterConfig {
    /// Whether an adapter can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        const NAME: &str = "UncertaintyAdapterConfig";
        let [fine, coarse] = GeneralizedNormal::INVERSE_SCALE;
        let [heavy, light] = GeneralizedNormal::SHAPE;
        if self.embed_dim == 0 {
            return config_error(NAME, "embed_dim", 0, "an embedding needs at least one dimension");
        }
        if self.hidden == 0 {
            return config_error(NAME, "hidden", 0, "an MLP needs at least one hidden number");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return config_error(NAME, "dropout", self.dropout, "it must be in [0, 1)");
        }
        if !(self.inverse_scale_init > fine && self.inverse_scale_init < coarse) {
            return config_error(
                NAME,
                "inverse_scale_init",
                self.inverse_scale_init,
                "it must be between 1e-6 and 1e6",
            );
        }
        if !(self.shape_init > heavy && self.shape_init < light) {
            return config_error(NAME, "shape_init", self.shape_init, "it must be between 0.1 and 100");
        }
        Ok(())
    }

    /// The adapter with PyTorch's default initialisation, but for the last biases of scale and shape.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> UncertaintyAdapter {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let first = || LinearConfig::new(self.embed_dim, self.hidden).init(device);
        let second = || LinearConfig::new(self.hidden, self.embed_dim).init(device);
        let around = |init: f64, floor: f64| constant_bias(second(), inverse_softplus(init - floor), device);
        UncertaintyAdapter {
            trunk_fc1: first(),
            trunk_fc2: second(),
            mean_fc1: first(),
            mean_fc2: second(),
            scale_fc1: first(),
            scale_fc2: around(self.inverse_scale_init, GeneralizedNormal::INVERSE_SCALE[0]),
            shape_fc1: first(),
            shape_fc2: around(self.shape_init, GeneralizedNormal::SHAPE[0]),
            dropout: DropoutConfig::new(self.dropout).init(),
        }
    }
}

impl UncertaintyAdapter {
    /// The distribution around each embedding.
    ///
    /// # Shapes
    /// * `embeddings`: `[N, D]`, of the frozen model
    /// * output: `[N, D]`
    ///
    /// # Panics
    /// If the width differs from the layer's.
    pub fn forward(&self, embeddings: Tensor<2>) -> GeneralizedNormal {
        let [rows, _] = embeddings.dims();
        let [dims, _] = self.trunk_fc1.weight.dims();
        assert_shape!(embeddings, [rows, dims]);
        let hidden = self.dropout.forward(relu(self.trunk_fc1.forward(embeddings.clone()))); // [N, H]
        let trunk = embeddings + self.trunk_fc2.forward(hidden); // [N, D]
        let mlp = |fc1: &Linear, fc2: &Linear| fc2.forward(relu(fc1.forward(trunk.clone())));
        let positive = |raw: Tensor<2>, floor: f64| softplus(raw) + floor;
        GeneralizedNormal::new(
            mlp(&self.mean_fc1, &self.mean_fc2),
            positive(mlp(&self.scale_fc1, &self.scale_fc2), GeneralizedNormal::INVERSE_SCALE[0]),
            positive(mlp(&self.shape_fc1, &self.shape_fc2), GeneralizedNormal::SHAPE[0]),
        )
    }
}

/// `x` with `softplus(x) = y`, for positive `y`.
fn inverse_softplus(y: f64) -> f64 {
    y + (-(-y).exp_m1()).ln()
}
