//! Categorical diffusion in continuous time.
//!
//! * [`ContinuousBound`]: what all offer to training; [`ContinuousKind`]: one of those over a
//!   [`Denoiser`](crate::diffusion::denoiser::Denoiser), for a recipe;
//! * [`Masked`] (MDLM, MD4), [`GenMasked`] (a learnt schedule for each class), [`Sedd`], [`Udlm`] (and [`DuoMap`]), [`FlowMatching`],
//!   [`BlockDiffusion`];
//! * [`KernelPosterior`], the guess that leaves its own symbol out, turned into the posterior;
//! * [`AlphaSchedule`], [`TimeDraw`], [`Corruption`]: the noise;
//! * samplers, in [`sample`].
//!
//! Time runs from 0, the data, to 1, all noise. Schedules, weights and all draws are f64 on the host.
//!
//! What does *not* live here: diffusion in discrete steps with general transitions, and the networks.

mod alpha_schedule;
mod block_denoiser;
mod block_diffusion;
mod block_mask;
mod continuous_bound;
mod continuous_kind;
mod corruption;
mod duo_map;
mod erf;
mod flow_loss;
mod flow_matching;
mod gen_masked;
mod kernel_posterior;
mod masked;
mod nll_estimate;
mod noise_kind;
mod numeric;
pub mod sample;
mod sedd;
mod sedd_score;
mod time_draw;
mod udlm;
mod uniforms;

pub use alpha_schedule::*;
pub use block_denoiser::*;
pub use block_diffusion::*;
pub use block_mask::*;
pub use continuous_bound::*;
pub use continuous_kind::*;
pub use corruption::*;
pub use duo_map::*;
pub use flow_loss::*;
pub use flow_matching::*;
pub use gen_masked::*;
pub use kernel_posterior::*;
pub use masked::*;
pub use nll_estimate::*;
pub use noise_kind::*;
pub use sedd::*;
pub use sedd_score::*;
pub use time_draw::*;
pub use udlm::*;
pub use uniforms::*;
