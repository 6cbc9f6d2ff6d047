//! Features become an embedding or a distribution: local attention, the mean head (PIE) and the sigma head.

mod local_attention;
mod mean_head;
mod normalize;
mod sigma_head;

pub use local_attention::*;
pub use mean_head::*;
pub use normalize::*;
pub use sigma_head::*;
