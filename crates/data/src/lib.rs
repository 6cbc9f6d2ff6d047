//! Files and generated worlds become batches.
//!
//! * [`baseline`]: what counting alone can do with a text.
//! * [`caption`]: the caption set, the one shape every image-caption source takes.
//! * [`source`]: readers of published layouts (Karpathy JSON, COCO, CSV folders, the emoji set; texts; label maps).
//! * [`format`](mod@format): files that tools exchange (embeddings, score matrices, ranked lists, ground truths).
//! * [`text`]: tokens, vocabulary, word vectors; alphabets and the filter of text8.
//! * [`image`]: decoding under limits, transforms that match PIL and torchvision, palettes.
//! * [`sample`]: batch order as a function of seed and epoch.
//! * [`world`]: generated worlds whose ground truth is complete and whose ambiguity is known.
//!
//! What does *not* live here: models, losses, training state.

pub mod baseline;
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
