//! Caption text: words, ids, batches, word vectors.

mod caption_batch;
mod token_drop;
mod tokenize;
mod vocabulary;
mod word_vectors;

pub use caption_batch::*;
pub use token_drop::*;
pub use tokenize::*;
pub use vocabulary::*;
pub use word_vectors::*;
