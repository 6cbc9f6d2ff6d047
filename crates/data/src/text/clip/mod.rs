//! CLIP's tokens.

mod clip_cleaning;
mod clip_options;
mod clip_tokenizer;
mod html_entities;
mod too_long;

pub use clip_cleaning::*;
pub use clip_options::*;
pub use clip_tokenizer::*;
pub use too_long::*;
