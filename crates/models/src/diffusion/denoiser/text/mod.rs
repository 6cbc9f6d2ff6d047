//! The text denoiser of multinomial diffusion: linear and local attention over axial positions.

mod axial_positions;
mod text_attention;
mod text_denoiser;
mod text_denoiser_config;
mod text_layer;
mod time_vectors;

pub use axial_positions::*;
pub use text_attention::*;
pub use text_denoiser::*;
pub use text_denoiser_config::*;
pub use text_layer::*;
pub use time_vectors::*;
