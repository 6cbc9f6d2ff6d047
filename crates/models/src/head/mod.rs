//! Features become an embedding or a distribution.
//!
//! * [`MeanHead`] and [`SigmaHead`]: PVSE and PCME, over [`LocalAttention`];
//! * [`PcmePpHead`]: PCME++, over [`GpoPooling`]; [`ProLipHead`]: ProLIP; [`MapBlock`]: MAP;
//! * [`UncertaintyAdapter`]: a distribution around an embedding that is already there (ProbVLM).
//!
//! What does *not* live here: the encoders below, the losses, and how a recipe picks a head.

mod checks;
mod embedding_set;
mod gpo_pooling;
mod local_attention;
mod map_block;
mod mean_head;
mod normalize;
mod pcmepp_head;
mod prolip_head;
mod sigma_head;
mod token_normals;
mod uncertainty_adapter;

pub(crate) use checks::*;
pub use embedding_set::*;
pub use gpo_pooling::*;
pub use local_attention::*;
pub use map_block::*;
pub use mean_head::*;
pub use normalize::*;
pub use pcmepp_head::*;
pub use prolip_head::*;
pub use sigma_head::*;
pub use token_normals::*;
pub use uncertainty_adapter::*;

pub(crate) use pcmepp_head::on_tokens;
pub(crate) use sigma_head::constant_bias;
