//! CLIP's two transformers as the towers of a retrieval model, and the heads that sit on them.
//!
//! What does *not* live here: the transformers and the layers of the heads (`halation_models`).

mod branched;
mod feature_head;
mod features;
mod heads;
mod unc_token;
mod whole;

pub use branched::BranchedTowers;
pub use feature_head::{FeatureHead, HeadSpec};
pub use features::{FeatureKind, Features};
pub use heads::Heads;
pub use unc_token::UncTokenTowers;
pub use whole::WholeTowers;

use halation_models::ModelError;

/// What the callers have ruled out: images are resized to the tower's side and captions cut to its context before.
pub fn fits<T>(result: Result<T, ModelError>) -> T {
    result.unwrap_or_else(|error| panic!("items were made to fit the towers: {error}"))
}
