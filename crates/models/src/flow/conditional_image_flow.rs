//! A conditional density over label maps that can be sampled with its log-density: the `q(u | x)` of an argmax flow on images.

use burn::config::Config;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

use super::squeeze::{squeeze, unsqueeze};
use super::tensors::standard_normal_log_prob;
use super::{
    AffineCouplingConfig, DenseBlock, DenseBlockConfig, Flow, ImageStep, InvertibleConv, InvertibleConvConfig,
};
use crate::ModelError;
use crate::head::config_error;

/// Settings of a [`ConditionalImageFlow`].
#[derive(Config, Debug)]
pub struct ConditionalImageFlowConfig {
    /// Channels `C` of `u`.
    pub channels: usize,
    /// Channels of what is known, e.g. one per class of a one-hot label map.
    pub context: usize,
    /// Sub-flows.
    #[config(default = 8)]
    pub steps: usize,
    /// Channels of the embedded context.
    #[config(default = 32)]
    pub context_width: usize,
    /// Layers of the context's dense blocks.
    #[config(default = 4)]
    pub context_depth: usize,
    /// Channels that each of these layers adds.
    #[config(default = 16)]
    pub context_growth: usize,
    /// Width of the conditioners.
    #[config(default = 64)]
    pub width: usize,
    /// Layers of the conditioners' dense blocks.
    #[config(default = 10)]
    pub depth: usize,
    /// Channels that each of these layers adds.
    #[config(default = 64)]
    pub growth: usize,
    /// Where the first weights of the 1 x 1 convolutions come from.
    #[config(default = 0)]
    pub seed: u64,
}

/// The conditional flow of the Cityscapes experiment of Argmax Flows (Hoogeboom et al., 2021), from noise to `u`:
///
/// ```text
/// context = dense block(conv 2x2, stride 2(dense block(known)))
/// u = unsqueeze(conv1x1(coupling_n(conv1x1(.. coupling_1(conv1x1(squeeze(noise)), context) ..)), context))
/// ```
///
/// The paper gives 8 sub-flows at one level; the other sizes are those of the authors' SurVAE code.
#[derive(Module, Debug)]
pub struct ConditionalImageFlow {
    /// Dense block on what is known, at full resolution.
    pub context_fine: DenseBlock,
    /// 2 x 2, stride 2.
    pub context_down: Conv2d,
    /// Dense block at half resolution.
    pub context_coarse: DenseBlock,
    /// From noise to `u`.
    pub steps: Vec<ImageStep>,
    /// Mixes the channels a last time.
    pub last: InvertibleConv,
}

impl ConditionalImageFlowConfig {
    /// The flow for Cityscapes label maps of 8 classes.
    pub fn cityscapes() -> Self {
        Self::new(8, 8)
    }

    /// Whether a flow can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value) in [("channels", self.channels), ("steps", self.steps)] {
            if value == 0 {
                return config_error("ConditionalImageFlowConfig", field, value, "at least one");
            }
        }
        self.context_block(self.context).check()?;
        self.coupling().check()
    }

    fn context_block(&self, input: usize) -> DenseBlockConfig {
        DenseBlockConfig::new(input, self.context_width, self.context_depth, self.context_growth)
    }

    fn coupling(&self) -> AffineCouplingConfig {
        AffineCouplingConfig::new(4 * self.channels)
            .with_context(self.context_width)
            .with_width(self.width)
            .with_depth(self.depth)
            .with_growth(self.growth)
    }

    /// A flow that only rotates: `q(u | x)` is the standard normal density.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ConditionalImageFlow {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let width = self.context_width;
        let seed = |index: usize| self.seed.wrapping_add(index as u64);
        ConditionalImageFlow {
            context_fine: self.context_block(self.context).init(device),
            context_down: Conv2dConfig::new([width, width], [2, 2]).with_stride([2, 2]).init(device),
            context_coarse: self.context_block(width).init(device),
            steps: (0..self.steps).map(|i| ImageStep::new(&self.coupling(), seed(i), device)).collect(),
            last: InvertibleConvConfig::new(4 * self.channels).with_seed(seed(self.steps)).init(device),
        }
    }
}

impl ConditionalImageFlow {
    /// A sample `u` and `log q(u | context)`, in nats.
    ///
    /// # Shapes
    /// * `noise`: `[B, C, H, W]`, draws of N(0, 1), height and width even; `context`: `[B, context, H, W]`
    /// * output: `[B, C, H, W]` and `[B]`
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn forward(&self, noise: Tensor<4>, context: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let context = self.embed(context);
        let mut log_q = standard_normal_log_prob(noise.clone());
        let mut x = squeeze(noise);
        for step in &self.steps {
            let (z, log_det) = step.forward_with(x, Some(context.clone()));
            (x, log_q) = (z, log_q - log_det);
        }
        let (x, log_det) = self.last.forward(x);
        (unsqueeze(x), log_q - log_det)
    }

    /// The noise that gives `u`, and `log q(u | context)`; shapes as in [`forward`](Self::forward).
    pub fn inverse(&self, u: Tensor<4>, context: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let context = self.embed(context);
        let (mut x, mut log_q) = self.last.inverse(squeeze(u));
        for step in self.steps.iter().rev() {
            let (before, log_det) = step.inverse_with(x, Some(context.clone()));
            (x, log_q) = (before, log_q + log_det);
        }
        let noise = unsqueeze(x);
        (noise.clone(), log_q + standard_normal_log_prob(noise))
    }

    /// What the couplings see of the context: `[B, context_width, H/2, W/2]`.
    fn embed(&self, context: Tensor<4>) -> Tensor<4> {
        self.context_coarse.forward(self.context_down.forward(self.context_fine.forward(context)))
    }
}
