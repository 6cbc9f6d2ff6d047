//! The `[model]` table.

use super::Denoiser;
use halation_models::diffusion::discrete::TimeSamplerKind;
use halation_models::diffusion::schedule::ScheduleKind;
use halation_models::diffusion::transition::TransitionKind;
use halation_models::flow::argmax::{ArgmaxInverse, Dequantization, SurjectionMethod};
use serde::{Deserialize, Serialize};

/// What learns: `kind = ".."` and that kind's own keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Model {
    /// A flow over sequences.
    Flow(FlowModel),
    /// A flow over label maps.
    LabelFlow(LabelFlowModel),
    /// An auto-encoder with a flow for its prior.
    Latent(LatentModel),
    /// Diffusion in discrete time.
    Diffusion(DiffusionModel),
    /// Diffusion in continuous time.
    Continuous(ContinuousModel),
}

impl Default for Model {
    fn default() -> Self {
        Self::Diffusion(DiffusionModel::default())
    }
}

/// How classes become points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Points {
    /// Signs of the bits of a class.
    #[default]
    Sign,
    /// Argmax by a softplus threshold.
    Softplus,
    /// Argmax by Gumbel variables.
    Gumbel,
    /// Argmax by Gumbel variables with learnt uniforms.
    GumbelThreshold,
    /// One-hot vectors and uniform noise.
    Uniform,
    /// One-hot vectors and learnt noise.
    Variational,
}

impl Points {
    /// The method of the library.
    pub fn method(self) -> SurjectionMethod {
        match self {
            Self::Sign => SurjectionMethod::Argmax(ArgmaxInverse::Sign),
            Self::Softplus => SurjectionMethod::Argmax(ArgmaxInverse::SoftplusThreshold),
            Self::Gumbel => SurjectionMethod::Argmax(ArgmaxInverse::Gumbel),
            Self::GumbelThreshold => SurjectionMethod::Argmax(ArgmaxInverse::GumbelThreshold),
            Self::Uniform => SurjectionMethod::Dequantization(Dequantization::Uniform),
            Self::Variational => SurjectionMethod::Dequantization(Dequantization::Variational),
        }
    }
}

/// The density over the points of sequences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Density {
    /// Coupling layers: fast both ways.
    #[default]
    Coupling,
    /// One autoregressive layer: sampled number by number.
    Autoregressive,
}

/// What a code without a class is read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unused {
    /// Class 0, as the published code does (the space of text8).
    MapToFirst,
    /// The sequence is drawn again.
    #[default]
    Resample,
    /// An error.
    Error,
}

/// A flow over sequences.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowModel {
    /// How classes become points.
    pub points: Points,
    /// Values of a digit, where `points` is not `sign`: a class of K is `ceil(log_base K)` digits; 0: one digit of K values.
    pub base: usize,
    /// Codes without a class.
    pub unused: Unused,
    /// The density.
    pub density: Density,
    /// Width of its recurrent layers.
    pub hidden: usize,
    /// Recurrent layers of a conditioner.
    pub layers: usize,
    /// Coupling steps.
    pub steps: usize,
    /// Logistic distributions in a mixture.
    pub mixtures: usize,
    /// Whether coupling steps are preceded by activation normalisation; the published runs have none.
    pub act_norm: bool,
    /// Width of the embedding and of the hidden layer of `q`.
    pub context: usize,
    /// Numbers of context that `q` gets for each position.
    pub context_out: usize,
    /// Share of positions that the conditioners do not see in training.
    pub input_dropout: f64,
}

impl Default for FlowModel {
    fn default() -> Self {
        Self {
            points: Points::default(),
            base: 0,
            unused: Unused::default(),
            density: Density::default(),
            hidden: 64,
            layers: 1,
            steps: 4,
            mixtures: 4,
            act_norm: false,
            context: 64,
            context_out: 32,
            input_dropout: 0.0,
        }
    }
}

/// A flow over label maps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelFlowModel {
    /// How classes become points; not `sign`.
    pub points: Points,
    /// Levels of the density; height and width must be multiples of 2^levels.
    pub levels: usize,
    /// Sub-flows of a level.
    pub steps: usize,
    /// Sub-flows of `q`.
    pub noise_steps: usize,
    /// Width of the conditioners.
    pub width: usize,
    /// Layers of their dense blocks.
    pub depth: usize,
    /// Channels that each of these adds.
    pub growth: usize,
    /// Width of the embedding and the context of `q`.
    pub context: usize,
}

impl Default for LabelFlowModel {
    fn default() -> Self {
        Self {
            points: Points::Softplus,
            levels: 2,
            steps: 4,
            noise_steps: 4,
            width: 32,
            depth: 2,
            growth: 16,
            context: 16,
        }
    }
}

/// An auto-encoder with a flow for its prior.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LatentModel {
    /// Whether time and latent dimensions are conditioned on what is already there (IAF/SCF: fast samples) instead of on the data
    /// (AF/AF).
    pub inverse: bool,
    /// Width of encoder and decoder; 0: the paper's.
    pub hidden: usize,
    /// Latent dimensions of a position; 0: the paper's.
    pub latent: usize,
}

/// Diffusion in discrete time.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DiffusionModel {
    /// Steps T.
    pub steps: usize,
    /// What noise puts in the place of a class.
    pub transition: TransitionKind,
    /// How fast.
    pub schedule: ScheduleKind,
    /// Whether the last step is the network's own guess instead of its product with the kernel.
    pub direct_decoder: bool,
    /// How training draws steps.
    pub time_sampler: TimeSamplerKind,
    /// Weight of a cross-entropy on the guess.
    pub auxiliary: f64,
    /// The network.
    pub denoiser: Denoiser,
}

impl Default for DiffusionModel {
    fn default() -> Self {
        Self {
            steps: 100,
            transition: TransitionKind::default(),
            schedule: ScheduleKind::default(),
            direct_decoder: false,
            time_sampler: TimeSamplerKind::default(),
            auxiliary: 0.0,
            denoiser: Denoiser::default(),
        }
    }
}

/// What diffusion in continuous time is trained on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// MDLM and MD4: masks, cross-entropy.
    #[default]
    Masked,
    /// SEDD with masks.
    SeddAbsorb,
    /// SEDD with uniform noise.
    SeddUniform,
    /// UDLM: uniform noise.
    Uniform,
    /// Discrete flow matching from masks.
    FlowMask,
    /// Discrete flow matching from uniform noise.
    FlowUniform,
}

/// Diffusion in continuous time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContinuousModel {
    /// What training minimises.
    pub objective: Objective,
    /// Whether the mask schedule is `1 - cos`, as MD4 has it, instead of linear; SEDD has its own.
    pub cosine: bool,
    /// The network.
    pub denoiser: Denoiser,
}
