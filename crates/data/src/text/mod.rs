//! Caption text: words, ids, batches, word vectors, and CLIP's tokens (feature `clip`).

mod caption_batch;
#[cfg(feature = "clip")]
mod clip;
mod token_drop;
mod tokenize;
mod vocabulary;
mod word_vectors;

pub use caption_batch::*;
#[cfg(feature = "clip")]
pub use clip::*;
pub use token_drop::*;
pub use tokenize::*;
pub use vocabulary::*;
pub use word_vectors::*;
