//! Features become an embedding or a distribution.
//!
//! * [`MeanHead`] and [`SigmaHead`]: PVSE and PCME, over [`LocalAttention`];
//! * [`PcmePpHead`]: PCME++, over [`GpoPooling`]; [`ProLipHead`]: ProLIP; [`MapBlock`]: MAP;
//! * [`UncertaintyAdapter`]: a distribution around an embedding that is already there (ProbVLM).
//!
//! What does *not* live here: the encoders below, the losses, and how a recipe picks a head.

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

use crate::ModelError;

/// A setting that cannot work.
pub(crate) fn config_error(
    config: &'static str,
    field: &'static str,
    found: impl ToString,
    expected: &'static str,
) -> Result<(), ModelError> {
    Err(ModelError::Config { config, field, found: found.to_string(), expected })
}

/// Bounds that a log scale is clamped to must leave something between them.
pub(crate) fn check_clamp(
    config: &'static str,
    field: &'static str,
    clamp: Option<[f64; 2]>,
) -> Result<(), ModelError> {
    match clamp {
        Some([low, high]) if low.is_nan() || high.is_nan() || low >= high => {
            config_error(config, field, format!("[{low}, {high}]"), "the lower bound must be below the upper one")
        }
        _ => Ok(()),
    }
}
