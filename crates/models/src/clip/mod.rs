//! CLIP's two transformers (Radford et al. 2021), and the forms in which they carry uncertainty: with the last block
//! branched (PCME++; [`BranchedClip`] is the pretrained one) and with an uncertainty token (ProLIP). Weight files:
//! [`weights`](crate::weights).

mod branched_clip;
mod branched_text;
mod branched_vision;
mod clip_activation;
mod clip_block;
mod clip_config;
mod clip_features;
mod clip_mlp;
mod clip_model;
mod clip_text;
mod clip_text_config;
mod clip_vision;
mod clip_vision_config;
mod patch_embedding;
mod prolip_head;
mod prolip_text;
mod prolip_vision;
mod self_attention;
mod stretch_positions;
mod text_pooling;
mod token_drop;
mod token_embedding;
mod token_streams;
mod transformer;
mod transformer_config;

pub use branched_clip::*;
pub use branched_text::*;
pub use branched_vision::*;
pub use clip_activation::*;
pub use clip_block::*;
pub use clip_config::*;
pub use clip_features::*;
pub use clip_mlp::*;
pub use clip_model::*;
pub use clip_text::*;
pub use clip_text_config::*;
pub use clip_vision::*;
pub use clip_vision_config::*;
pub use patch_embedding::*;
pub use prolip_text::*;
pub use prolip_vision::*;
pub use self_attention::*;
pub use stretch_positions::*;
pub use text_pooling::*;
pub use token_drop::*;
pub use token_embedding::*;
pub use token_streams::*;
pub use transformer::*;
pub use transformer_config::*;
