//! A transformer whose layers are steered by the noise level.

mod dit_attention;
mod dit_block;
mod dit_denoiser;
mod dit_denoiser_config;
mod dit_mlp;
mod dit_mlp_kind;
mod rotary;

pub use dit_attention::*;
pub use dit_block::*;
pub use dit_denoiser::*;
pub use dit_denoiser_config::*;
pub use dit_mlp::*;
pub use dit_mlp_kind::*;
