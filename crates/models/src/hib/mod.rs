//! Hedged instance embeddings of digit strings (Oh et al., ICLR 2019): a small network whose embedding is a point, a normal
//! distribution or a mixture of them.
//!
//! What does *not* live here: the digits (`halation-data`), the soft contrastive loss (`halation-core`), and the mixture as
//! a distribution with densities and samples.

mod digit_cnn;
mod hib_config;
mod hib_embedding;
mod hib_encoder;
mod hib_head;
mod mixture_parameters;

pub use digit_cnn::*;
pub use hib_config::*;
pub use hib_embedding::*;
pub use hib_encoder::*;
pub use hib_head::*;
pub use mixture_parameters::*;
