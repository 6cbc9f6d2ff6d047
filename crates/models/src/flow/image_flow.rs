//! A density over label maps: levels of sub-flows with squeezes and factored-out channels between them.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::squeeze::{squeeze, unsqueeze};
use super::tensors::standard_normal_log_prob;
use super::{AffineCouplingConfig, Density, DiagonalBase, DiagonalBaseConfig, Flow, ImageLevel, ImageStep};
use crate::ModelError;
use crate::head::config_error;

/// Settings of an [`ImageFlow`].
#[derive(Config, Debug)]
pub struct ImageFlowConfig {
    /// Channels `C` of the data; height and width must be multiples of `2^levels`.
    pub channels: usize,
    /// Levels.
    #[config(default = 4)]
    pub levels: usize,
    /// Sub-flows of each level.
    #[config(default = 10)]
    pub steps: usize,
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

/// The multi-scale flow of the Cityscapes experiment of Argmax Flows (Hoogeboom et al., 2021):
///
/// ```text
/// squeeze; level of sub-flows; (squeeze; factor out the last 3/4 of the channels; level of sub-flows) ...
/// ```
///
/// Every level works on `4 C` channels. Factored-out channels are standard normal; the rest has a [`DiagonalBase`]. The paper gives
/// 4 levels of 10 sub-flows; sizes of the conditioners and the rule of factoring out are those of the authors' SurVAE code.
///
/// As a [`Flow`] the latents of all levels are laid out in the shape of the data: each level is joined with what was factored out
/// above it and unsqueezed.
///
/// # Shapes
/// `[B, C, H, W]`.
#[derive(Module, Debug)]
pub struct ImageFlow {
    /// From the data down.
    pub levels: Vec<ImageLevel>,
    /// Base of what is never factored out.
    pub base: DiagonalBase,
}

impl ImageFlowConfig {
    /// The flow for Cityscapes label maps of 32 x 64 pixels and 8 classes: 4 levels of 10 sub-flows.
    pub fn cityscapes() -> Self {
        Self::new(8)
    }

    /// Whether a flow can be built from these settings.
    ///
    /// # Errors
    /// [`ModelError::Config`] with the field and what it should hold.
    pub fn check(&self) -> Result<(), ModelError> {
        for (field, value) in [("channels", self.channels), ("levels", self.levels), ("steps", self.steps)] {
            if value == 0 {
                return config_error("ImageFlowConfig", field, value, "at least one");
            }
        }
        self.coupling().check()
    }

    fn coupling(&self) -> AffineCouplingConfig {
        AffineCouplingConfig::new(4 * self.channels)
            .with_width(self.width)
            .with_depth(self.depth)
            .with_growth(self.growth)
    }

    /// A flow that only rotates: `p(x)` is the standard normal density.
    ///
    /// # Panics
    /// Where [`check`](Self::check) returns an error.
    pub fn init(&self, device: &Device) -> ImageFlow {
        self.check().unwrap_or_else(|error| panic!("{error}"));
        let seed = |level: usize, step: usize| self.seed.wrapping_add((level * self.steps + step) as u64);
        let step = |level: usize, step: usize| ImageStep::new(&self.coupling(), seed(level, step), device);
        let level = |index: usize| ImageLevel { steps: (0..self.steps).map(|i| step(index, i)).collect() };
        ImageFlow {
            levels: (0..self.levels).map(level).collect(),
            base: DiagonalBaseConfig::new(4 * self.channels).init(device),
        }
    }
}

impl ImageFlow {
    /// The latents of all levels and `log |det|`: what was factored out from the top down, and last the rest.
    ///
    /// # Shapes
    /// * `x`: `[B, C, H, W]`
    /// * output: `[B, 12 C, H / 2^(i + 2), W / 2^(i + 2)]` for `i` below `levels - 1`, then
    ///   `[B, 4 C, H / 2^levels, W / 2^levels]`
    ///
    /// # Panics
    /// If height or width is no multiple of `2^levels`.
    pub fn latents(&self, x: Tensor<4>) -> (Vec<Tensor<4>>, Tensor<1>) {
        let [batch, channels, _, _] = x.dims();
        let mut latents = Vec::with_capacity(self.levels.len());
        let mut log_det = Tensor::zeros([batch], &x.device());
        let mut x = squeeze(x);
        for (index, level) in self.levels.iter().enumerate() {
            if index > 0 {
                let (kept, factored) = factor_out(squeeze(x), channels);
                latents.push(factored);
                x = kept;
            }
            for step in &level.steps {
                let (z, of_step) = step.forward_with(x, None);
                (x, log_det) = (z, log_det + of_step);
            }
        }
        latents.push(x);
        (latents, log_det)
    }

    /// The data with these latents, and `log |det|` of the way back; shapes as in [`latents`](Self::latents).
    ///
    /// # Panics
    /// If there are not as many latents as levels.
    pub fn from_latents(&self, mut latents: Vec<Tensor<4>>) -> (Tensor<4>, Tensor<1>) {
        assert_eq!(latents.len(), self.levels.len(), "one latent for each level");
        let mut x = latents.remove(latents.len() - 1);
        let mut log_det = Tensor::zeros([x.dims()[0]], &x.device());
        for level in self.levels.iter().rev() {
            for step in level.steps.iter().rev() {
                let (before, of_step) = step.inverse_with(x, None);
                (x, log_det) = (before, log_det + of_step);
            }
            if let Some(factored) = latents.pop() {
                x = unsqueeze(Tensor::cat(vec![x, factored], 1));
            }
        }
        (unsqueeze(x), log_det)
    }

    /// The latents of all levels from their common layout in the shape of the data.
    fn unpack(&self, packed: Tensor<4>) -> Vec<Tensor<4>> {
        let channels = packed.dims()[1];
        let mut rest = squeeze(packed);
        let mut latents = Vec::with_capacity(self.levels.len());
        for _ in 1..self.levels.len() {
            let (kept, factored) = factor_out(squeeze(rest), channels);
            latents.push(factored);
            rest = kept;
        }
        latents.push(rest);
        latents
    }
}

/// The first `4 channels` and the others.
fn factor_out(x: Tensor<4>, channels: usize) -> (Tensor<4>, Tensor<4>) {
    let all = x.dims()[1];
    let kept = 4 * channels;
    (x.clone().narrow(1, 0, kept), x.narrow(1, kept, all - kept))
}

/// The latents of all levels in the shape of the data.
fn pack(mut latents: Vec<Tensor<4>>) -> Tensor<4> {
    let last = latents.remove(latents.len() - 1);
    unsqueeze(latents.into_iter().rev().fold(last, |rest, factored| unsqueeze(Tensor::cat(vec![rest, factored], 1))))
}

impl Flow<4> for ImageFlow {
    fn forward(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        let (latents, log_det) = self.latents(x);
        (pack(latents), log_det)
    }

    fn inverse(&self, z: Tensor<4>) -> (Tensor<4>, Tensor<1>) {
        self.from_latents(self.unpack(z))
    }
}

impl Density<4> for ImageFlow {
    fn log_prob(&self, x: Tensor<4>) -> Tensor<1> {
        let (mut latents, log_det) = self.latents(x);
        let last = latents.remove(latents.len() - 1);
        latents.into_iter().fold(self.base.log_prob(last) + log_det, |sum, z| sum + standard_normal_log_prob(z))
    }

    fn sample(&self, noise: Tensor<4>) -> Tensor<4> {
        let mut latents = self.unpack(noise);
        let last = latents.remove(latents.len() - 1);
        latents.push(self.base.sample(last));
        self.from_latents(latents).0
    }
}
