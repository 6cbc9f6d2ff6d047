//! Caption text: words, ids, batches, word vectors, and CLIP's tokens (feature `clip`). Running text: alphabets of
//! characters or bytes, and the filter that makes text8.

mod alphabet;
mod alphabet_kind;
mod caption_batch;
mod character_set;
#[cfg(feature = "clip")]
mod clip;
mod text_filter;
mod token_drop;
mod tokenize;
mod vocabulary;
mod wiki_filter;
mod wiki_markup;
mod word_vectors;

pub use alphabet::*;
pub use alphabet_kind::*;
pub use caption_batch::*;
pub use character_set::*;
#[cfg(feature = "clip")]
pub use clip::*;
pub use text_filter::*;
pub use token_drop::*;
pub use tokenize::*;
pub use vocabulary::*;
pub use wiki_filter::*;
pub use word_vectors::*;
