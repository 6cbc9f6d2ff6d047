//! Files and generated worlds become batches.
//!
//! * [`caption`]: the caption set, the one shape every image-caption source takes.
//! * [`source`]: readers of published layouts (Karpathy JSON, COCO, CSV folders, the emoji set).
//! * [`format`](mod@format): files that tools exchange (embeddings, score matrices, ranked lists, ground truths).
//! * [`text`]: tokens, vocabulary, word vectors.
//! * [`image`]: decoding under limits, transforms that match PIL and torchvision.
//! * [`sample`]: batch order as a function of seed and epoch.
//! * [`world`]: generated worlds whose ground truth is complete and whose ambiguity is known.
//!
//! What does *not* live here: models, losses, training state.

pub mod caption;
mod error;
pub mod format;
pub mod image;
pub mod sample;
pub mod source;
#[doc(hidden)]
pub mod testing;
pub mod text;
pub mod world;

pub use error::DataError;
