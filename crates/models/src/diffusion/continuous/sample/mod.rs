//! Samplers of diffusions in continuous time.
//!
//! * [`Sampler`]: what all offer; [`Canvas`]: what to fill; [`Predictor`]: the network, with [`Decoding`] and a cache; [`Guided`]: two
//!   networks as one;
//! * [`Ancestral`], [`GenAncestral`], [`FirstHitting`], [`Remasking`] (ReMDM), [`Dndm`], [`SeddSampler`], [`FlowEuler`].
//!
//! Draws are made on the host by inverse cumulative probability in f64. What does *not* live here: bounds and training.

mod ancestral;
mod canvas;
mod decoding;
mod dndm;
mod draw;
mod first_hitting;
mod flow_euler;
mod gen_ancestral;
mod guided;
mod predictor;
mod remask_mode;
mod remasking;
mod reveal_order;
mod sampler;
mod sedd_sampler;
mod sedd_step;
mod time_grid;
mod transition_law;

pub use ancestral::*;
pub use canvas::*;
pub use decoding::*;
pub use dndm::*;
pub use first_hitting::*;
pub use flow_euler::*;
pub use gen_ancestral::*;
pub use guided::*;
pub(super) use predictor::upload_tokens;
pub use predictor::{Network, Predictor};
pub use remask_mode::*;
pub use remasking::*;
pub use reveal_order::*;
pub use sampler::*;
pub use sedd_sampler::*;
pub use sedd_step::*;
pub use time_grid::*;
pub use transition_law::*;
